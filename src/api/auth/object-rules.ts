/**
 * Which objects of the schema belong to an orchestration, and why the others show nothing that a
 * caller may not see.
 */

/** Object types of an orchestration → the field with its name. Fields that give one check it. */
export const SCOPED_TYPES: Readonly<Record<string, string>> = {
  Flow: 'orchestrationName',
  Orchestration: 'name',
  StepStatusChange: 'orchestrationName',
  WorkerCommand: 'orchestrationName',
  Registration: 'orchestrationName',
};

const ENGINE = 'filtered where it is read (guarded-engine.ts)';
const PARENT = 'a part of the checked object above it';
const NOTHING = 'nothing of an orchestration is in it';

/** All other object types: why nothing is in them that a caller may not see. A test needs each. */
export const OBJECT_RULES: Readonly<Record<string, string>> = {
  AuditConnection: ENGINE,
  AuditEdge: PARENT,
  AuditEntry: ENGINE,
  AvailableAction: PARENT,
  ComponentLogLevel: NOTHING,
  BulkPayload: ENGINE,
  BulkRefusal: ENGINE,
  DefinitionChange: PARENT,
  Diagnosis: ENGINE,
  ExecutePayload: ENGINE,
  Fact: PARENT,
  FlowConnection: ENGINE,
  FlowEdge: PARENT,
  FlowEvent: ENGINE,
  FlowPayload: ENGINE,
  LogLevels: NOTHING,
  LogLevelsPayload: NOTHING,
  OrchestrationArchive: PARENT,
  OrchestrationConnection: ENGINE,
  OrchestrationEdge: PARENT,
  OrchestrationPause: PARENT,
  OrchestrationPayload: ENGINE,
  PageInfo: NOTHING,
  Policy: PARENT,
  Problem: ENGINE,
  QuarantinePayload: ENGINE,
  ReencryptPayload: ENGINE,
  QuarantinedReply: ENGINE,
  QuarantinedReplyConnection: ENGINE,
  QuarantinedReplyEdge: PARENT,
  RegisterOrchestrationPayload: ENGINE,
  ReplyPayload: NOTHING,
  Simulation: ENGINE,
  Slo: ENGINE,
  SloFigures: PARENT,
  SloLine: PARENT,
  StepDefinition: PARENT,
  StepRun: PARENT,
  UndoPlan: ENGINE,
  UndoPlanStep: PARENT,
};
