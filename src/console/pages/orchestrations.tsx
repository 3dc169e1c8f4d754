/** All orchestrations, with how many of their flows run and how many failed. */
import { useLocation } from 'preact-iso';
import { gateway } from '../data/gateway.js';
import { useChanges } from '../data/live.js';
import { useLoaded } from '../data/load.js';
import { OrchestrationListDocument, type OrchestrationListQuery } from '../generated/graphql.js';
import { Empty, Page, Shown } from '../parts/frame.js';
import { Pager } from '../parts/pager.js';
import { Status } from '../parts/status.js';
import { TableHead } from '../parts/table-head.js';

type Row = OrchestrationListQuery['orchestrations']['edges'][number]['node'];
/** Counting costs: the page is read again at most this often, in milliseconds. */
const EVERY = 2000;

export function OrchestrationsPage() {
  const { query } = useLocation();
  const nameContains = query.name || null;
  const after = query.after || null;
  const key = JSON.stringify([nameContains, after]);
  const loaded = useLoaded(key, async (signal) => {
    const variables = { nameContains, after, first: 20 };
    return (await gateway.request(OrchestrationListDocument, variables, { signal })).orchestrations;
  });
  useChanges(loaded.reload, EVERY);
  return (
    <Page title="Orchestrations" actions={<RegisterLink>Register</RegisterLink>}>
      <Search nameContains={nameContains ?? ''} />
      <Shown loaded={loaded}>
        {({ edges, pageInfo }) =>
          edges.length === 0 ? (
            <Nothing searched={nameContains !== null} />
          ) : (
            <>
              <Table rows={edges.map(({ node }) => node)} />
              <Pager {...pageInfo} />
            </>
          )
        }
      </Shown>
    </Page>
  );
}

function RegisterLink({ children }: { readonly children: string }) {
  return (
    <a class="button primary" href="/register">
      {children}
    </a>
  );
}

function Search({ nameContains }: { readonly nameContains: string }) {
  const { route } = useLocation();
  const search = (event: Event): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    route(`/?name=${encodeURIComponent(String(form.get('name') ?? ''))}`);
  };
  return (
    <search>
      <form class="filters" onSubmit={search}>
        <label>
          Name contains
          <input type="search" name="name" defaultValue={nameContains} />
        </label>
        <button type="submit">Search</button>
      </form>
    </search>
  );
}

function Nothing({ searched }: { readonly searched: boolean }) {
  if (searched) return <Empty>No orchestration has that in its name.</Empty>;
  return (
    <Empty>
      <p>No orchestration is registered yet.</p>
      <RegisterLink>Register the first one</RegisterLink>
    </Empty>
  );
}

function Table({ rows }: { readonly rows: readonly Row[] }) {
  return (
    <div class="scroll">
      <table>
        <caption class="visually-hidden">Orchestrations</caption>
        <TableHead
          titles={['Name', 'State', 'Version', 'Steps', 'Running', 'Failed']}
          numbers={['Version', 'Running', 'Failed']}
        >
          <th scope="col">
            <span class="visually-hidden">Actions</span>
          </th>
        </TableHead>
        <tbody>
          {rows.map((row) => (
            <OrchestrationRow key={row.name} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function OrchestrationRow({ row }: { readonly row: Row }) {
  const href = `/orchestrations/${encodeURIComponent(row.name)}`;
  const flows = `/flows?orchestration=${encodeURIComponent(row.name)}`;
  return (
    <tr>
      <td>
        <a href={href}>{row.name}</a>
      </td>
      <td>
        <Status of={row.status} /> {row.paused && <Status of="PAUSED" />}{' '}
        {row.archived && <Status of="ARCHIVED" />}
      </td>
      <td class="number">{row.version}</td>
      <td>
        {row.steps.length} {row.type === 'PARALLEL' ? 'at once' : 'in order'}
      </td>
      <td class="number">
        <a href={`${flows}&status=IN_PROGRESS&status=UNDOING`}>{counted(row.running)}</a>
      </td>
      <td class="number">
        <a href={`${flows}&status=FAILED`} class={row.failed.totalCount === 0 ? '' : 'tone-bad'}>
          {counted(row.failed)}
        </a>
      </td>
      <td>
        <a class="button" href={`${href}/execute`}>
          Execute
        </a>
      </td>
    </tr>
  );
}

function counted({ totalCount }: { readonly totalCount?: number | null | undefined }): string {
  return totalCount === null || totalCount === undefined
    ? 'over 10,000'
    : totalCount.toLocaleString('en');
}
