/** What would happen. */
import { Arg, Ctx, Field, InputType, Int, ObjectType, Query, Resolver } from 'type-graphql';
import type { SimulationResult } from '../../engine/service.js';
import type { RequestContext } from '../context.js';
import { SIMULATION_COSTS, simulated } from '../input/simulation.js';
import { FlowStatusEnum, StepActionEnum } from './enums.js';
import { ProblemView } from './views/answers.js';
import { FlowEventView } from './views/event.js';

const nullable = { nullable: true } as const;

@InputType({ description: 'How a worker misbehaves in a simulation.' })
export class FaultInput {
  @Field(() => String, { description: 'The step, by its name in the orchestration.' })
  stepName!: string;
  @Field(() => StepActionEnum, { description: 'Whether its DO or its UNDO is concerned.' })
  action!: 'DO' | 'UNDO';
  @Field(() => Int, {
    ...nullable,
    description: 'The attempt, from 1; null = every attempt. A fault of one attempt comes first.',
  })
  attempt!: number | null;
  @Field(() => String, {
    description:
      '`FAIL`: the worker replies with a failure. `TIMEOUT`: it never replies. `LATE_SUCCESS`: its success comes after the timeout. `DUPLICATE`: its success comes twice.',
  })
  kind!: string;
}

@InputType({ description: 'What to simulate: a document or a registered orchestration.' })
export class SimulateInput {
  @Field(() => String, {
    ...nullable,
    description:
      'YAML or JSON text as for registerOrchestration; it is not registered. Null = the registered orchestration of this name.',
  })
  document!: string | null;
  @Field(() => String, {
    ...nullable,
    description:
      'A registered orchestration, in its newest version with its policies; with a document, the one of its orchestrations.',
  })
  orchestrationName!: string | null;
  @Field(() => [FaultInput], {
    description: 'What goes wrong; empty = nothing. At most 1000 entries.',
  })
  faults!: FaultInput[];
  @Field(() => Int, {
    ...nullable,
    defaultValue: 0,
    description: 'Another number gives other random waits between attempts. Default 0.',
  })
  seed!: number | null;
}

@ObjectType('Simulation', {
  description:
    'What would happen, computed by the rules that real flows follow, on a virtual clock that starts at 1970-01-01T00:00:00.000Z. A worker takes one second for a command, less when the timeout of its step is short.',
})
export class SimulationView {
  @Field(() => FlowStatusEnum, {
    ...nullable,
    description:
      'Status of the flow when nothing more follows by itself; null when there are problems.',
  })
  status!: string | null;
  @Field(() => String, {
    description:
      'The timeline in one line, for example `a+ b- ~a+ => UNDONE`: + done, - failed, ? unknown, ~ UNDO. Empty when there are problems.',
  })
  trace!: string;
  @Field(() => [FlowEventView], {
    description: 'The timeline; `flowId` is `simulation`. Empty when there are problems.',
  })
  events!: readonly FlowEventView[];
  @Field(() => [ProblemView], {
    description: 'Why nothing was simulated; empty when it was.',
  })
  problems!: readonly ProblemView[];
  static of({ status, trace, events, problems }: SimulationResult): SimulationView {
    return Object.assign(new SimulationView(), {
      status,
      trace,
      events: events.map((event) => new FlowEventView('simulation', event)),
      problems: problems.map(ProblemView.of),
    });
  }
}

@Resolver()
export class Simulations {
  @Query(() => SimulationView, {
    description:
      'What would happen to a flow when workers fail in these ways. Nothing is stored and nothing is sent.',
  })
  async simulate(
    @Ctx() { shell, budget }: RequestContext,
    @Arg('input', () => SimulateInput, {
      validate: false,
      description: 'The orchestration and the faults.',
    })
    input: SimulateInput,
  ): Promise<SimulationView> {
    budget.spend(SIMULATION_COSTS);
    const result = await simulated(shell, input);
    budget.spend(result.events.length);
    return SimulationView.of(result);
  }
}
