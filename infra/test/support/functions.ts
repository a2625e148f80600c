import type { Resource, Synthesized } from './templates.ts';

const FUNCTION = 'AWS::Lambda::Function';

export const refTo = ({ id }: Resource) => ({ Ref: id });
export const namedOf = (made: Synthesized, name: string) => `tintype-${made.stage.name}-${name}`;

export function functionOf(made: Synthesized, name: string): Resource {
  return made.only('service', FUNCTION, ({ FunctionName }) => FunctionName === namedOf(made, name));
}

export function aliasOf(made: Synthesized, name: string): Resource {
  const { id } = functionOf(made, name);
  return made.only('service', 'AWS::Lambda::Alias', ({ FunctionName }) => isRef(FunctionName, id));
}

export const isRef = (value: unknown, id: string) => JSON.stringify(value) === JSON.stringify({ Ref: id });
