/**
 * Arguments that several queries take. They are checked where they are used, with the name of the
 * argument.
 */
import { ArgsType, Field, Int } from 'type-graphql';
import { FlowFilterInput } from './inputs.js';

export const nullable = { nullable: true } as const;
/** class-validator has nothing to check: src/api/input does. */
export const UNCHECKED = { validate: false } as const;

@ArgsType()
export class PageArguments {
  @Field(() => Int, { ...nullable, defaultValue: 20, description: 'How many, 1 to 100.' })
  first!: number | null;
  @Field(() => String, { ...nullable, description: 'endCursor of the page before.' })
  after!: string | null;
}

@ArgsType()
export class FlowPageArguments extends PageArguments {
  @Field(() => FlowFilterInput, { ...nullable, description: 'Only flows that match.' })
  filter!: FlowFilterInput | null;
}

@ArgsType()
export class TimelineArguments {
  @Field(() => Int, { ...nullable, defaultValue: 100, description: 'How many, 1 to 1000.' })
  first!: number | null;
  @Field(() => Int, {
    ...nullable,
    defaultValue: 0,
    description: 'Only events with a higher number.',
  })
  after!: number | null;
}
