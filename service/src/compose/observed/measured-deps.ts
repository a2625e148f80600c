import { isDomainError } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import type { Deps } from '../../operations/deps.ts';
import type { ImageIndex } from '../../ports/image-index.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { QuotaLedger } from '../../ports/quota-ledger.ts';
import type { RenderedImage, Renderer } from '../../ports/renderer.ts';
import { withMethods } from './with-methods.ts';

/** The parts of a home, which count what goes through them. */
export function measuredDeps<Of extends Pick<Deps, 'index' | 'quotas' | 'renderer'>>(
  deps: Of,
  metrics: Metrics,
): Of {
  return {
    ...deps,
    index: measuredIndex(deps.index, metrics),
    quotas: measuredQuotas(deps.quotas, metrics),
    renderer: measuredRenderer(deps.renderer, metrics),
  };
}

function measuredIndex(index: ImageIndex, metrics: Metrics): ImageIndex {
  const accepted = ({ content_type }: ImageRecord, way: string) =>
    metrics.count('images_accepted_total', { content_type, way });
  return withMethods(index, {
    async insert(record, ...rest) {
      await index.insert(record, ...rest);
      if (record.status !== 'pending') accepted(record, 'inline');
    },
    async replace(previous, next, ...rest) {
      await index.replace(previous, next, ...rest);
      if (next.version > previous.version) accepted(next, 'version');
      else if (previous.status === 'pending' && next.upload_time !== previous.upload_time) {
        accepted(next, 'direct');
      }
    },
  });
}

function measuredQuotas(quotas: QuotaLedger, metrics: Metrics): QuotaLedger {
  const counted = async <Result>(reserving: Promise<Result>): Promise<Result> => {
    try {
      return await reserving;
    } catch (error) {
      if (isDomainError(error, 'quota_exceeded')) metrics.count('quota_refusals_total', {});
      throw error;
    }
  };
  return withMethods(quotas, {
    async reserve(...asked) {
      const reservation = await counted(quotas.reserve(...asked));
      return withMethods(reservation, { resize: (bytes) => counted(reservation.resize(bytes)) });
    },
  });
}

function measuredRenderer(renderer: Renderer, metrics: Metrics): Renderer {
  const timed = async <Result>(task: string, rendering: Promise<Result>): Promise<Result> => {
    const started = performance.now();
    let outcome = 'done';
    try {
      return await rendering;
    } catch (error) {
      outcome = isDomainError(error, 'unprocessable_image') ? 'refused' : 'failed';
      throw error;
    } finally {
      const seconds = (performance.now() - started) / 1000;
      metrics.observe('rendition_duration_seconds', { task, outcome }, seconds);
    }
  };
  const made = ({ content_type }: RenderedImage, cause: string) =>
    metrics.count('renditions_made_total', { format: content_type.replace('image/', ''), cause });
  return withMethods(renderer, {
    async develop(...asked) {
      const developed = await timed('develop', renderer.develop(...asked));
      for (const preset of developed.presets) made(preset, 'preset');
      return developed;
    },
    async render(...asked) {
      const rendered = await timed('render', renderer.render(...asked));
      made(rendered, 'on_demand');
      return rendered;
    },
  });
}
