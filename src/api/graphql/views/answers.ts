/** What mutations answer: the thing, or why there is none. */
import { Field, Int, ObjectType } from 'type-graphql';
import type { AuditObject, Problem } from '../../../engine/ports.js';
import type {
  DefinitionChange,
  ExecuteResult,
  FlowResult,
  Registered,
  RegisterResult,
} from '../../../engine/service.js';
import type { Flow } from '../../../saga/flow.js';
import { RegistrationStatusEnum } from '../enums.js';

const nullable = { nullable: true } as const;

@ObjectType('Problem', { description: 'Why something was not done, and what would be right.' })
export class ProblemView {
  @Field(() => String, { description: 'A code of docs/protocol.md; stable.' })
  code!: string;
  @Field(() => String, { description: 'For people: what is wrong and what would be right.' })
  message!: string;
  @Field(() => String, {
    ...nullable,
    description: 'The field it is about, as a path into the input or the document.',
  })
  path!: string | null;
  @Field(() => Int, { ...nullable, description: 'Line of the document, from 1.' }) line!:
    | number
    | null;
  @Field(() => [String], { description: 'Similar names that exist, best first; often empty.' })
  suggestions!: readonly string[];
  static of(problem: Problem): ProblemView {
    return Object.assign(new ProblemView(), problem);
  }
}

@ObjectType('DefinitionChange', { description: 'One thing a new version changes.' })
export class DefinitionChangeView {
  @Field(() => String, { description: 'What kind of change it is, in SCREAMING_SNAKE.' })
  kind!: string;
  @Field(() => Boolean, { description: 'Whether workers or callers may have to follow.' })
  breaking!: boolean;
  @Field(() => String, { description: 'For people.' }) description!: string;
  @Field(() => Int, { description: 'Flows in flight; they keep the version they started with.' })
  flowsInFlight!: number;
}

@ObjectType('Registration', { description: 'Result of one declaration of a document.' })
export class RegistrationView {
  @Field(() => String, { description: 'The orchestration it is about.' })
  orchestrationName!: string;
  @Field(() => String, { description: '`initiator` or `worker`.' }) as!: string;
  @Field(() => Int, {
    ...nullable,
    description: 'The newest version; null when a worker came before its initiator.',
  })
  version!: number | null;
  @Field(() => Boolean, { description: 'false: the same content was registered already.' })
  changed!: boolean;
  @Field(() => RegistrationStatusEnum, {
    description: 'Whether every step has a registered worker now.',
  })
  status!: string;
  @Field(() => [DefinitionChangeView], {
    description: 'What the new version changes; empty for a first one.',
  })
  changes!: readonly DefinitionChange[];
  static of(registered: Registered): RegistrationView {
    return Object.assign(new RegistrationView(), registered);
  }
}

@ObjectType('RegisterOrchestrationPayload', {
  description: 'All of the document, or nothing of it: with problems nothing was stored.',
})
export class RegisterPayload {
  @Field(() => [RegistrationView], { description: 'One per declaration.' })
  registrations!: readonly RegistrationView[];
  @Field(() => [ProblemView], { description: 'Every problem of the document at once.' })
  problems!: readonly ProblemView[];
  /** For the audit of a document that was refused. */
  about?: Partial<AuditObject>;
  static of(
    { registrations, problems }: RegisterResult,
    orchestrationName: string | null = null,
  ): RegisterPayload {
    return {
      about: { orchestrationName },
      registrations: registrations.map(RegistrationView.of),
      problems: problems.map(ProblemView.of),
    };
  }
}

@ObjectType('ExecutePayload', { description: 'The flow that was started, or why none was.' })
export class ExecutePayload {
  answered!: Flow | null;
  withoutPayloads!: boolean;
  @Field(() => Boolean, {
    description: 'false with a flow: the idempotency key was known, this is the flow it started.',
  })
  created!: boolean;
  @Field(() => [ProblemView], { description: 'Why nothing was started.' })
  problems!: readonly ProblemView[];
  static of(result: ExecuteResult): ExecutePayload {
    const { flow, created, problems, withoutPayloads = false } = result;
    return { answered: flow, withoutPayloads, created, problems: problems.map(ProblemView.of) };
  }
}

@ObjectType('FlowPayload', { description: 'The flow afterwards, or why nothing was done.' })
export class FlowPayload {
  answered!: Flow | null;
  @Field(() => [ProblemView], { description: 'Why nothing was done.' })
  problems!: readonly ProblemView[];
  static of({ flow, problems }: FlowResult): FlowPayload {
    return { answered: flow, problems: problems.map(ProblemView.of) };
  }
}
