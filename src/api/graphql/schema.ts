/** The schema, built from the classes; printed to schema/schema.graphql. */
import 'reflect-metadata';
import { type GraphQLSchema, lexicographicSortSchema, printSchema as print } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { guardSchema } from '../auth/guarded-schema.js';
import { ChangedFlows, StartedFlows } from './answered-flow.js';
import { AuditQueries } from './audit.js';
import { auditMutations } from './audited-mutations.js';
import { BulkMutations } from './bulk.js';
import { DiagnosisQueries } from './diagnosis.js';
import { LogLevelResolver } from './log-levels.js';
import { Mutations } from './mutations.js';
import { readNumberArguments } from './number-arguments.js';
import { OperatorMutations } from './operator-mutations.js';
import { OrchestrationQueries } from './orchestration-queries.js';
import { PolicyMutations } from './policies.js';
import { QuarantineResolver } from './quarantine.js';
import { FlowCounts, FlowQueries } from './queries.js';
import { ReencryptMutations } from './reencryption.js';
import { Simulations } from './simulations.js';
import { SloQueries } from './slo.js';
import { StandingMutations } from './standing.js';
import { Subscriptions } from './subscriptions.js';
import { UndoPlanQueries } from './undo-plan.js';
import { WorkerResolver } from './workers.js';

const RESOLVERS = [
  AuditQueries,
  ChangedFlows,
  FlowCounts,
  FlowQueries,
  DiagnosisQueries,
  UndoPlanQueries,
  OrchestrationQueries,
  Mutations,
  OperatorMutations,
  BulkMutations,
  LogLevelResolver,
  PolicyMutations,
  StandingMutations,
  QuarantineResolver,
  ReencryptMutations,
  Simulations,
  SloQueries,
  StartedFlows,
  Subscriptions,
  WorkerResolver,
] as const;

export function createSchema(): GraphQLSchema {
  readNumberArguments();
  // Every subscription brings its own source; the library only insists on having one.
  const pubSub = {
    publish: () => undefined,
    subscribe: () => Promise.reject(new Error('not used')) as never,
  };
  const schema = buildSchemaSync({
    pubSub,
    resolvers: RESOLVERS,
    validate: false,
    nullableByDefault: false,
    // The server asserts that the schema is valid; a query of all of it takes half of the time.
    skipCheck: true,
  });
  // Outside of everything else that can refuse a mutation.
  return auditMutations(guardSchema(schema));
}

/** SDL with descriptions, sorted, so that it changes only where the API does. */
export function printSchema(schema: GraphQLSchema = createSchema()): string {
  return `# Printed from the code: npm run build && node dist/api/print-schema.js. Do not edit.\n\n${print(lexicographicSortSchema(schema))}\n`;
}
