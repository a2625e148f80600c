import type { Charge } from './capacity.ts';
import { unitsOf } from './capacity-meter.ts';
import type { Json } from './model.ts';

/** How an action reports what it consumed: of its one table, or a list; transactions also name the kind. */
export type ReportForm = 'table' | 'list' | 'transaction';

/** The member `ConsumedCapacity` of an answer, where the request asks for it. */
export function consumedCapacity(charges: readonly Charge[], asked: unknown, form: ReportForm): Json {
  if (asked !== 'TOTAL' && asked !== 'INDEXES') return {};
  const reports = perTable(charges).map((charge) => report(charge, asked === 'INDEXES', form));
  return { ConsumedCapacity: form === 'table' ? reports[0] : reports };
}

function perTable(charges: readonly Charge[]): readonly Charge[] {
  const tables = new Map<string, Charge>();
  for (const charge of charges) {
    const sum = tables.get(charge.table);
    tables.set(charge.table, sum === undefined ? charge : added(sum, charge));
  }
  return [...tables.values()];
}

function added(sum: Charge, charge: Charge): Charge {
  const index_units: Record<string, number> = { ...sum.index_units };
  for (const [name, units] of Object.entries(charge.index_units)) {
    index_units[name] = (index_units[name] ?? 0) + units;
  }
  return { ...sum, table_units: sum.table_units + charge.table_units, index_units };
}

function report(charge: Charge, withIndexes: boolean, form: ReportForm): Json {
  const units = (value: number): Json => ({
    CapacityUnits: value,
    ...(form === 'transaction' && {
      [charge.kind === 'read' ? 'ReadCapacityUnits' : 'WriteCapacityUnits']: value,
    }),
  });
  const total = { TableName: charge.table, ...units(unitsOf(charge)) };
  if (!withIndexes) return total;
  const indexes = Object.entries(charge.index_units).map(([name, value]) => [name, units(value)]);
  return {
    ...total,
    Table: units(charge.table_units),
    ...(indexes.length > 0 && { GlobalSecondaryIndexes: Object.fromEntries(indexes) }),
  };
}
