/** GraphiQL on the gateway it came from. */
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './page.css';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { createFetcher } from './fetcher.js';
import { TABS } from './tabs.js';

/** What was open last time is opened again; otherwise the first tab, whose variables the editor would not take from the tab. */
const [{ query, variables }] = TABS;
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
    defaultTabs={TABS}
    defaultEditorToolsVisibility="variables"
    shouldPersistHeaders={false}
  >
    <GraphiQL.Logo>Backstep</GraphiQL.Logo>
  </GraphiQL>,
);
