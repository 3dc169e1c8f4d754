/** Why a flow does not go on, as callers see it. */
import { Field, ID, ObjectType } from 'type-graphql';
import type { Diagnosis } from '../../../engine/diagnosis/diagnosis.js';
import { VERDICTS } from '../../../engine/diagnosis/verdict.js';

@ObjectType('Fact', { description: 'One thing a diagnosis looked at.' })
export class FactView {
  @Field(() => String, { description: 'What it is.' }) name!: string;
  @Field(() => String, { description: 'What was found, for people; times are ISO 8601 in UTC.' })
  value!: string;
  @Field(() => String, { description: 'Where it comes from: `database`, `kafka` or `clock`.' })
  source!: string;
}

@ObjectType('Diagnosis', {
  description: 'Why a flow does not go on, or that it does: one verdict from everything known.',
})
export class DiagnosisView {
  constructor(private readonly diagnosis: Diagnosis) {}
  @Field(() => ID, { description: 'The flow.' }) get flowId(): string {
    return this.diagnosis.flowId;
  }
  @Field(() => String, { description: `One of ${VERDICTS.join(', ')}: docs/diagnose.md.` })
  get verdict(): string {
    return this.diagnosis.verdict;
  }
  @Field(() => String, { description: 'The verdict in one or two sentences, for people.' })
  get summary(): string {
    return this.diagnosis.summary;
  }
  @Field(() => String, {
    nullable: true,
    description: 'The step it is about; null when it is about the flow as a whole.',
  })
  get stepName(): string | null {
    return this.diagnosis.stepName;
  }
  @Field(() => [FactView], { description: 'What was looked at.' }) get facts(): FactView[] {
    return this.diagnosis.facts.map((fact) => Object.assign(new FactView(), fact));
  }
  @Field(() => [String], { description: 'What to do next, best first; empty: nothing.' })
  get suggestedActions(): readonly string[] {
    return this.diagnosis.suggestedActions;
  }
}
