import * as z from 'zod';

/** What is told of the service's work. */
export interface ObservingConfig {
  /** Undefined: nothing is measured. */
  readonly metrics: { readonly namespace: string } | undefined;
  /** Undefined: nothing is traced. */
  readonly traces: TracesConfig | undefined;
}

export interface TracesConfig {
  readonly endpoint: string;
  readonly serviceName: string;
  /** 0 to 1. */
  readonly sampleRatio: number;
}

const collector = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    'must be the http or https URL of a collector, such as http://127.0.0.1:4318',
  )
  .transform((text) => text.replace(/\/+$/, ''));

export const observingEnvironment = {
  METRICS: z.enum(['on', 'off'], 'must be on or off').default('on'),
  METRICS_NAMESPACE: z
    .string()
    // As CloudWatch takes them: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
    .regex(/^(?!AWS\/)[A-Za-z0-9._#/-]{1,255}$/, 'must be a namespace of CloudWatch, such as Tintype/prod')
    .default('Tintype'),
  TRACES: z.enum(['none', 'otlp'], 'must be none or otlp').default('none'),
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.default('http://127.0.0.1:4318'),
  OTEL_SERVICE_NAME: z.string().max(255, 'must have at most 255 characters').default('tintype'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(?:0(?:\.\d+)?|1(?:\.0+)?)$/, 'must be a number from 0 to 1')
    .transform(Number)
    .default(1),
};

export function observingOf(env: z.output<z.ZodObject<typeof observingEnvironment>>): ObservingConfig {
  return {
    metrics: env.METRICS === 'on' ? { namespace: env.METRICS_NAMESPACE } : undefined,
    traces:
      env.TRACES === 'otlp'
        ? {
            endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
            serviceName: env.OTEL_SERVICE_NAME,
            sampleRatio: env.OTEL_TRACES_SAMPLER_ARG,
          }
        : undefined,
  };
}
