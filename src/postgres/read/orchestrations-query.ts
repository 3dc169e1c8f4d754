/** Orchestrations by name, in their newest version; and what a flow runs. */
import type { Within } from '../../names/patterns.js';
import { arrayOf, type Parameter, type Sql } from '../connection/sql.js';
import { SELECT_CURRENT } from '../rows/registration-rows.js';
import { Bindings, containing, nameWithin } from './flow-filter.js';

interface Wanted {
  /** After this name. */
  readonly from: string;
  readonly nameContains: string | null;
  readonly within: Within;
  readonly first: number;
}

/** One more than a page. */
export function orchestrationsQuery({ from, nameContains, within, first }: Wanted): {
  readonly text: string;
  readonly parameters: Parameter[];
} {
  const { bind, parameters } = new Bindings();
  const conditions = [`n.name > ${bind(from)}`];
  if (nameContains !== null) conditions.push(`n.name ILIKE ${bind(containing(nameContains))}`);
  if (within !== undefined) conditions.push(nameWithin('n.name', bind, within));
  const text = `${SELECT_CURRENT} WHERE ${conditions.join(' AND ')} ORDER BY n.name LIMIT ${bind(first + 1)}::int`;
  return { text, parameters };
}

const OF_FLOWS =
  'SELECT r.flow_id, r.orchestration_name AS name FROM orchestration_run r WHERE r.flow_id = ANY ($1::text[])';

export async function readOrchestrationsOf(
  sql: Sql,
  flowIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await sql.rows<{ flow_id: string; name: string }>(OF_FLOWS, [arrayOf(flowIds)]);
  return new Map(rows.map(({ flow_id, name }) => [flow_id, name]));
}
