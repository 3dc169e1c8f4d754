/** Commands for workers that use GraphQL, and what their replies are answered with. */
import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { LeasedCommand } from '../../../bridge/held.js';
import { jsonText } from '../../../json/order.js';
import type { Replied } from '../../worker-replies.js';
import { StepActionEnum } from '../enums.js';
import { DateTime, JsonScalar, JsonText } from '../scalars.js';
import { ProblemView } from './answers.js';

const nullable = { nullable: true } as const;

@ObjectType('WorkerCommand', {
  description:
    'A command that this client alone has until `leaseUntil`. The mutation `reply` answers it, or extends the lease by progress.',
})
export class WorkerCommandView {
  constructor(private readonly leased: LeasedCommand) {}

  @Field(() => ID, { description: 'For `reply`. Opaque; valid on every gateway.' })
  get leaseId(): string {
    return this.leased.leaseId;
  }
  @Field(() => DateTime, {
    description: 'Until when this client has it. Without a reply another client gets it then.',
  })
  get leaseUntil(): number {
    return this.leased.leaseUntil;
  }
  @Field(() => ID, { description: 'The flow.' }) get flowId(): string {
    return this.leased.command.flowId;
  }
  @Field(() => String, { description: 'What the flow runs.' }) get orchestrationName(): string {
    return this.leased.command.orchestrationName;
  }
  @Field(() => String, { description: 'The step to be done or undone.' }) get stepName(): string {
    return this.leased.command.stepName;
  }
  @Field(() => StepActionEnum, { description: 'What is to be done with it.' })
  get action(): string {
    return this.leased.command.action;
  }
  @Field(() => Int, { description: 'Number of the attempt, from 1; of UNDO in its round.' })
  get attempt(): number {
    return this.leased.command.attempt;
  }
  @Field(() => ID, { description: 'The same when the command comes again.' })
  get attemptId(): string {
    return this.leased.command.attemptId;
  }
  @Field(() => ID, { description: 'The same for all attempts and rounds of this action.' })
  get idempotencyKey(): string {
    return this.leased.command.idempotencyKey;
  }
  @Field(() => DateTime, {
    description: 'Until when the gateway waits for an answer; progress extends it.',
  })
  get deadline(): number {
    return this.leased.deadline;
  }
  @Field(() => JsonScalar, {
    description: "All headers of the command: the protocol's, the initiator's, earlier workers'.",
  })
  get headers(): unknown {
    return new JsonText(jsonText(this.leased.command.headers));
  }
  @Field(() => JsonScalar, {
    ...nullable,
    description: "The step's input; of UNDO, what its DO has answered. Null when there is none.",
  })
  get payload(): unknown {
    return JsonText.of(this.leased.command.payload);
  }
}

@ObjectType('ReplyPayload', { description: 'Whether the reply was published.' })
export class ReplyPayload {
  @Field(() => Boolean, {
    description:
      'true: it is on the reply topic. With the problem LEASE_LOST, too, since what was done must be known.',
  })
  accepted!: boolean;
  @Field(() => DateTime, {
    ...nullable,
    description: 'Of progress: until when the lease lasts now. Null for other replies.',
  })
  leaseUntil!: number | null;
  @Field(() => [ProblemView], { description: 'What is wrong; empty = nothing.' })
  problems!: readonly ProblemView[];
  static of({ problems, ...replied }: Replied): ReplyPayload {
    const shown = problems.map(ProblemView.of);
    return Object.assign(new ReplyPayload(), replied, { problems: shown });
  }
}
