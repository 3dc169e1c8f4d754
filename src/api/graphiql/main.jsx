/** GraphiQL on the gateway it came from. */
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './page.css';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { createFetcher, newestFlowId } from './fetcher.js';
import { tabsFor } from './tabs.js';

const tabs = tabsFor(await newestFlowId());

/** What was open last time is opened again; otherwise the first tab, whose variables the editor would not take from the tab. */
const [{ query, variables }] = tabs;
const first =
  localStorage.getItem('graphiql:tabState') === null
    ? { initialQuery: query, initialVariables: variables }
    : {};

/** A payload may be any JSON; the editor would underline all but text. */
const SCALARS = { JSON: { type: ['object', 'array', 'string', 'number', 'boolean', 'null'] } };

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL
    {...first}
    fetcher={createFetcher()}
    customScalarSchemas={SCALARS}
    defaultTabs={tabs}
    defaultEditorToolsVisibility="variables"
    shouldPersistHeaders={false}
  >
    <GraphiQL.Logo>Backstep</GraphiQL.Logo>
  </GraphiQL>,
);
