/** The history of flows: searchable, newest first, live. The search is in the address. */
import { useLocation } from 'preact-iso';
import {
  addressOf,
  type FlowSearch,
  STATUSES,
  searchOf,
  TEXT_FILTERS,
} from '../data/flow-filter.js';
import { plural } from '../data/format.js';
import { gateway } from '../data/gateway.js';
import { useChanges } from '../data/live.js';
import { useLoaded } from '../data/load.js';
import { FlowListDocument, OrchestrationNamesDocument } from '../generated/graphql.js';
import { FlowTable } from '../parts/flow-table.js';
import { Empty, Page, Shown } from '../parts/frame.js';
import { Pager } from '../parts/pager.js';

const EVERY = 1000;

export function FlowsPage() {
  const { url } = useLocation();
  const parameters = new URL(url, location.origin).searchParams;
  const search = searchOf(parameters);
  const loaded = useFlows(search, parameters.get('after'));
  return (
    <Page title="Flows">
      <SearchForm key={url} parameters={parameters} search={search} />
      <Shown loaded={loaded}>
        {({ edges, pageInfo, totalCount }) =>
          edges.length === 0 ? (
            <Empty>
              No flow matches. <a href="/flows">Show all flows</a>
            </Empty>
          ) : (
            <>
              <p class="muted" role="status">
                {totalCount === null || totalCount === undefined
                  ? 'Over 10,000 flows'
                  : plural(totalCount, 'flow')}
              </p>
              <FlowTable flows={edges.map(({ node }) => node)} caption="Flows, newest first" />
              <Pager {...pageInfo} />
            </>
          )
        }
      </Shown>
    </Page>
  );
}

function useFlows(search: FlowSearch, after: string | null) {
  const { orchestrationName, filter } = search;
  const loaded = useLoaded(JSON.stringify([search, after]), async (signal) => {
    const variables = { orchestrationName, filter, first: 50, after };
    return (await gateway.request(FlowListDocument, variables, { signal })).history;
  });
  useChanges(loaded.reload, EVERY, { orchestrationName: orchestrationName ?? undefined });
  return loaded;
}

interface SearchFormProps {
  readonly parameters: URLSearchParams;
  readonly search: FlowSearch;
}

function SearchForm({ parameters, search: { orchestrationName, filter } }: SearchFormProps) {
  const { route } = useLocation();
  const submit = (event: Event): void => {
    event.preventDefault();
    route(addressOf(new FormData(event.currentTarget as HTMLFormElement)));
  };
  return (
    <search>
      <form class="filters" onSubmit={submit}>
        <StatusChoice chosen={filter.statuses ?? []} />
        <OrchestrationInput name={orchestrationName ?? ''} />
        {TEXT_FILTERS.map(([name, , label]) => (
          <label key={name}>
            {label}
            <input name={name} defaultValue={parameters.get(name) ?? ''} />
          </label>
        ))}
        <label>
          Started after
          <input type="datetime-local" name="since" defaultValue={parameters.get('since') ?? ''} />
        </label>
        <button type="submit" class="primary">
          Search
        </button>
        <a class="button" href="/flows">
          Clear
        </a>
      </form>
    </search>
  );
}

function OrchestrationInput({ name: given }: { readonly name: string }) {
  const names = useLoaded('names', (signal) =>
    gateway.request(OrchestrationNamesDocument, {}, { signal }),
  );
  return (
    <label>
      Orchestration
      <input name="orchestration" list="names" defaultValue={given} />
      <datalist id="names">
        {names.data?.orchestrations.edges.map(({ node: { name } }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </label>
  );
}

function StatusChoice({ chosen }: { readonly chosen: readonly string[] }) {
  return (
    <fieldset class="choice">
      <legend>Status</legend>
      {STATUSES.map((status) => (
        <label key={status} class="check">
          <input
            type="checkbox"
            name="status"
            value={status}
            defaultChecked={chosen.includes(status)}
          />
          {status}
        </label>
      ))}
    </fieldset>
  );
}
