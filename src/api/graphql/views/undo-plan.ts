/** What undoFlow would send, as callers see it. */
import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { UndoPlan, UndoPlanStep } from '../../../saga/undo-plan.js';
import { JsonScalar, JsonText } from '../scalars.js';

@ObjectType('UndoPlanStep', { description: 'What undoFlow would do with one step.' })
export class UndoPlanStepView {
  constructor(private readonly step: UndoPlanStep) {}
  @Field(() => Int, {
    description:
      'From 1, in the order of the UNDOs; 0: it is not undone. In a parallel flow they are sent at once.',
  })
  get order(): number {
    return this.step.order;
  }
  @Field(() => String, { description: 'As the orchestration calls it.' }) get stepName(): string {
    return this.step.stepName;
  }
  @Field(() => JsonScalar, {
    nullable: true,
    description: 'Payload of its UNDO as far as it is known now; null when it is not undone.',
  })
  get payload(): JsonText | null {
    return JsonText.of(this.step.payload);
  }
  @Field(() => Boolean, { description: 'Whether it gets an UNDO.' }) get willUndo(): boolean {
    return this.step.willUndo;
  }
  @Field(() => String, { description: 'Why, or why not; for people.' }) get reason(): string {
    return this.step.reason;
  }
}

@ObjectType('UndoPlan', {
  description: 'What undoFlow would send now, if every UNDO succeeds. The query sends nothing.',
})
export class UndoPlanView {
  constructor(private readonly plan: UndoPlan) {}
  @Field(() => ID, { description: 'The flow.' }) get flowId(): string {
    return this.plan.flowId;
  }
  @Field(() => String, {
    description:
      'For undoFlow(planHash): refused as PLAN_CHANGED when the plan is a different one now.',
  })
  get hash(): string {
    return this.plan.hash;
  }
  @Field(() => [UndoPlanStepView], {
    description: 'Every step: those that are undone in their order, then the others by seq.',
  })
  get steps(): UndoPlanStepView[] {
    return this.plan.steps.map((step) => new UndoPlanStepView(step));
  }
}
