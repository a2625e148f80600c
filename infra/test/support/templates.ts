import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { QueueName } from '../../../service/src/operations/manifest-rows.ts';
import type { Stage } from '../../src/stages.ts';
import type { Variant } from './variants.ts';

/** A resource of a template. */
export interface Resource {
  readonly id: string;
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly UpdatePolicy?: unknown;
}

interface Template {
  readonly Resources: Readonly<Record<string, Omit<Resource, 'id'>>>;
  readonly Outputs?: Readonly<
    Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: string } }>
  >;
}

/** What has been read: the files do not change while tests run. */
const READ = new Map<string, unknown>();

type StackName = 'data' | 'watch' | 'search' | 'service' | 'edge' | 'gallery';

/** What CDK has made of a stage. */
export class Synthesized {
  readonly stage: Stage;
  readonly #folder: string;

  constructor(variant: Variant) {
    this.#folder = join(inject('templates'), variant);
    this.stage = this.file('stage.json') as Stage;
  }

  /** A file of CDK's beside the templates. */
  file(name: string): unknown {
    const path = join(this.#folder, name);
    const known = READ.get(path) ?? JSON.parse(readFileSync(path, 'utf8'));
    READ.set(path, known);
    return known;
  }

  get stacks(): readonly StackName[] {
    const { search, edge, gallery } = this.stage;
    const before = search ? (['search'] as const) : [];
    const after = [...(edge ? (['edge'] as const) : []), ...(gallery ? (['gallery'] as const) : [])];
    return ['data', 'watch', ...before, 'service', ...after];
  }

  template(stack: StackName): Template {
    return this.file(`${this.stackId(stack)}.template.json`) as Template;
  }

  stackId(stack: StackName): string {
    return `Tintype-${this.stage.name}-${stack}`;
  }

  /** The resources of a type, such as `AWS::SQS::Queue`; of all of them without one. */
  resources(stack: StackName, type?: string): Resource[] {
    return Object.entries(this.template(stack).Resources)
      .filter(([, { Type }]) => type === undefined || Type === type)
      .map(([id, resource]) => ({ ...resource, id, Properties: resource.Properties ?? {} }));
  }

  /** The only resource of its type, or of those with such properties. */
  only(
    stack: StackName,
    type: string,
    like: (properties: Resource['Properties']) => boolean = () => true,
  ): Resource {
    const [found, ...others] = this.resources(stack, type).filter(({ Properties }) => like(Properties));
    if (!found || others.length > 0)
      throw new Error(`${type}: ${others.length + (found ? 1 : 0)} and not one.`);
    return found;
  }

  /**
   * A value of a template as one text: pseudo parameters as `{account}`, references to resources as their
   * names where a template gives them one, else as `{Id}`.
   */
  text(stack: StackName, value: unknown): string {
    if (typeof value === 'string') return value;
    const [[kind, inner] = [undefined, undefined]] = Object.entries(value as object);
    if (kind === 'Fn::Join') {
      const [separator, parts] = inner as [string, readonly unknown[]];
      return parts.map((part) => this.text(stack, part)).join(separator);
    }
    if (kind === 'Ref') return PSEUDO[inner as string] ?? this.#nameOf(stack, inner as string);
    if (kind === 'Fn::GetAtt') {
      const [id, attribute] = inner as [string, string];
      return `{${id}.${attribute}}`;
    }
    if (kind === 'Fn::ImportValue') return this.#imported(inner as string);
    throw new Error(`${JSON.stringify(value)} is not a text.`);
  }

  /** Names instead of random letters: the ARN of a secret. */
  #nameOf(stack: StackName, id: string): string {
    const resource = this.template(stack).Resources[id];
    if (resource?.Type !== 'AWS::SecretsManager::Secret') return `{${id}}`;
    const name = this.text(stack, resource.Properties['Name']);
    return `arn:{partition}:secretsmanager:${this.stage.region}:{account}:secret:${name}-{suffix}`;
  }

  #imported(name: string): string {
    for (const stack of this.stacks) {
      const outputs = Object.values(this.template(stack).Outputs ?? {});
      const output = outputs.find(({ Export }) => Export?.Name === name);
      if (output) return this.text(stack, output.Value);
    }
    throw new Error(`No stack exports ${name}.`);
  }
}

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::AccountId': '{account}',
  'AWS::Partition': '{partition}',
  'AWS::URLSuffix': '{suffix}',
};

/** In the order of their names, for comparing what has no order. */
export const sorted = (texts: Iterable<string>): string[] => [...texts].sort();

/** A queue as the manifest names it, and as a stage does. */
export const queueNamed = (stage: string, queue: QueueName): string =>
  `tintype-${stage}-${queue === 'jobs' || queue === 'uploads' ? queue : `jobs-${queue}`}`;
