/** Limits of registration documents. */
import { type Limit, limit } from './limit.js';

const KIB = 1024;
const MIB = 1024 * 1024;

export const DOCUMENT_LIMITS = {
  documentCharacters: limit(MIB, 'characters of a registration document', 'DOCUMENT_TOO_LARGE'),
  documentInRecordCharacters: limit(
    16 * KIB,
    'characters of a registration document that a topic record carries as text, not as an object',
    'DOCUMENT_TOO_LARGE',
  ),
  documentWidth: limit(
    5000,
    'fields of one object, or entries of one list, of a registration document that a topic record carries',
    'DOCUMENT_TOO_COMPLEX',
  ),
  documentLines: limit(20_000, 'lines of a registration document', 'DOCUMENT_TOO_COMPLEX'),
  documentNodes: limit(
    100_000,
    'fields and list entries of a registration document',
    'DOCUMENT_TOO_COMPLEX',
  ),
  documentDepth: limit(100, 'levels a registration document is nested', 'DOCUMENT_TOO_COMPLEX'),
  documentAnchors: limit(100, 'anchors of a registration document', 'DOCUMENT_TOO_COMPLEX'),
  documentAliases: limit(100, 'aliases of a registration document', 'DOCUMENT_TOO_COMPLEX'),
  documentTags: limit(100, 'tags of a registration document', 'DOCUMENT_TOO_COMPLEX'),
  documentProblems: limit(
    100,
    'problems that are reported of one registration document',
    'the first ones are reported',
  ),
  documentTopics: limit(
    1000,
    'topics of one registration document, two for each step of an initiator',
    'TOO_MANY_TOPICS',
  ),
  documentOrchestrations: limit(
    100,
    'orchestrations of one registration document',
    'FIELD_INVALID',
  ),
  orchestrationSteps: limit(200, 'steps of an orchestration', 'TOO_MANY_STEPS'),
  orchestrationLabels: limit(50, 'labels of an orchestration', 'FIELD_INVALID'),
  documentTextCharacters: limit(
    2000,
    'characters of a description or another text of a registration document',
    'FIELD_INVALID',
  ),
  payloadSchemaCharacters: limit(
    64 * KIB,
    'characters of one payloadSchema, as JSON',
    'PAYLOAD_SCHEMA_INVALID',
  ),
  payloadSchemaNodes: limit(
    300,
    'schemas in one payloadSchema, counted through its references',
    'PAYLOAD_SCHEMA_INVALID',
  ),
  documentSchemaNodes: limit(
    1000,
    'the same in all payloadSchemas of one registration document',
    'PAYLOAD_SCHEMA_INVALID',
  ),
  payloadSchemaBranches: limit(
    100,
    'ways in which one payloadSchema checks the same value: references, alternatives, conditions, patterns of names, each ten values of an enum',
    'PAYLOAD_SCHEMA_INVALID',
  ),
  payloadSchemaUniqueItems: limit(
    1000,
    'maxItems of a list whose items must be unique',
    'PAYLOAD_SCHEMA_INVALID',
  ),
  compiledSchemaNodes: limit(
    30_000,
    'schemas in payloadSchemas that are kept ready for use',
    'the one that was not used for longest is made ready again',
  ),
  documentReadMs: limit(
    5000,
    'milliseconds the reading of one registration document may take (in a thread of its own)',
    'DOCUMENT_TOO_COMPLEX',
  ),
  documentsWaiting: limit(16, 'registration documents that wait to be read', 'OVERLOADED'),
} as const satisfies Readonly<Record<string, Limit>>;
