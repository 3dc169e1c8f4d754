/** GraphiQL on the gateway it came from. */
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './page.css';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { authenticationMode, createFetcher, newestFlowId } from './fetcher.js';
import { tabsFor } from './tabs.js';

const tabs = tabsFor(await newestFlowId());

/**
 * What was open last time is opened again; otherwise the first tab, whose variables the editor
 * would not take from the tab.
 */
const [{ query, variables }] = tabs;
const first =
  localStorage.getItem('graphiql:tabState') === null
    ? { initialQuery: query, initialVariables: variables }
    : {};

/** Where a token is needed, the headers' tab is open, with the place for it. */
const credentials =
  (await authenticationMode()) === 'none'
    ? { defaultEditorToolsVisibility: 'variables' }
    : {
        defaultEditorToolsVisibility: 'headers',
        defaultHeaders: '{\n  "authorization": "Bearer <your token>"\n}',
      };

/** A payload may be any JSON; the editor would underline all but text. */
const SCALARS = { JSON: { type: ['object', 'array', 'string', 'number', 'boolean', 'null'] } };

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL
    {...first}
    fetcher={createFetcher()}
    customScalarSchemas={SCALARS}
    defaultTabs={tabs}
    {...credentials}
    shouldPersistHeaders={false}
  >
    <GraphiQL.Logo>Backstep</GraphiQL.Logo>
  </GraphiQL>,
);
