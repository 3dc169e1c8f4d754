/** The monitoring checklist as callers see it. */
import { Field, Float, Int, ObjectType } from 'type-graphql';
import type { Slo, SloFigures, SloLine } from '../../../engine/slo/slo.js';

const nullable = { nullable: true } as const;

@ObjectType('SloLine', { description: 'One line of the monitoring checklist.' })
export class SloLineView {
  @Field(() => String, { description: 'What it is about.' }) name!: string;
  @Field(() => String, { description: 'The target, for people, for example `> 95 %`.' })
  target!: string;
  @Field(() => Float, { ...nullable, description: 'Rates are 0 to 1. Null: nothing was counted.' })
  value!: number | null;
  @Field(() => Boolean, { ...nullable, description: 'Whether it is met; null: nothing counted.' })
  met!: boolean | null;
  static of(line: SloLine): SloLineView {
    return Object.assign(new SloLineView(), line);
  }
}

@ObjectType('SloFigures', { description: 'What was counted in a part of the window.' })
export class SloFiguresView {
  @Field(() => Int, { description: 'Flows that were started.' }) flows!: number;
  @Field(() => Float, {
    ...nullable,
    description: 'Of the DO steps that were decided for good, the share that was done.',
  })
  doSuccessRate!: number | null;
  @Field(() => Float, {
    ...nullable,
    description: 'DO retries per step that was decided for good.',
  })
  averageRetryCount!: number | null;
  @Field(() => Float, {
    ...nullable,
    description: 'Of the flows that completed or turned around by themselves, the share of these.',
  })
  undoTriggerRate!: number | null;
  @Field(() => Float, {
    ...nullable,
    description: 'Of the UNDOs that were decided for good, the share that succeeded.',
  })
  undoSuccessRate!: number | null;
  @Field(() => Float, {
    ...nullable,
    description: 'Median, in milliseconds: from the decision to send a DO until its reply counted.',
  })
  responseTimeP50Ms!: number | null;
  @Field(() => Float, { ...nullable, description: 'Of 99 % of the replies, at most.' })
  responseTimeP99Ms!: number | null;
  @Field(() => Float, {
    ...nullable,
    description: 'The part of it until the timestamp of the reply: Kafka and the worker. Median.',
  })
  workerTimeP50Ms!: number | null;
  @Field(() => Float, { ...nullable, description: 'Of 99 % of the replies, at most.' })
  workerTimeP99Ms!: number | null;
  @Field(() => Float, {
    ...nullable,
    description: 'The rest of it: from the timestamp of the reply until it was recorded. Median.',
  })
  engineTimeP50Ms!: number | null;
  @Field(() => Float, { ...nullable, description: 'Of 99 % of the replies, at most.' })
  engineTimeP99Ms!: number | null;

  static of(figures: SloFigures): SloFiguresView {
    return Object.assign(new SloFiguresView(), figures);
  }
}

@ObjectType('Slo', {
  description:
    'The monitoring checklist of an orchestration, or of all, over the last minutes. Counted as it happens; at most a second old.',
})
export class SloView extends SloFiguresView {
  @Field(() => Int, { description: 'How far it looks back, in minutes.' }) windowMinutes!: number;
  @Field(() => Int, {
    description: 'Steps that are IN_PROGRESS for longer than their target, up to 10,000.',
  })
  stuckSteps!: number;
  @Field(() => [SloLineView], { description: 'The six lines, with targets.' })
  lines!: readonly SloLineView[];
  @Field(() => [SloFiguresView], {
    description: 'The same figures for equal parts of the window, oldest first.',
  })
  trend!: readonly SloFiguresView[];

  static override of(slo: Slo): SloView {
    const lines = slo.lines.map(SloLineView.of);
    return Object.assign(new SloView(), slo, { lines, trend: slo.trend.map(SloFiguresView.of) });
  }
}
