/** The frame around every page, and which address shows which page. */

import { useState } from 'preact/hooks';
import { LocationProvider, Route, Router, useLocation } from 'preact-iso';
import { useConnection } from './data/live.js';
import { chooseTheme, currentTheme } from './data/theme.js';
import { ExecutePage } from './pages/execute.js';
import { FlowPage } from './pages/flow.js';
import { FlowsPage } from './pages/flows.js';
import { NotFoundPage } from './pages/not-found.js';
import { OrchestrationPage } from './pages/orchestration.js';
import { OrchestrationsPage } from './pages/orchestrations.js';
import { QuarantinePage } from './pages/quarantine.js';
import { RegisterPage } from './pages/register.js';
import { SimulatePage } from './pages/simulate.js';
import { SloPage } from './pages/slo.js';
import { SignIn, SignInProblem } from './parts/sign-in.js';

const PAGES = [
  ['/', 'Orchestrations'],
  ['/flows', 'Flows'],
  ['/slo', 'Objectives'],
  ['/register', 'Register'],
  ['/simulate', 'Simulate'],
  ['/quarantine', 'Quarantine'],
] as const;

/** Addresses of the console; others (GraphiQL, the API) are loaded by the browser. */
const SCOPE = /^\/(?:$|\?|flows|orchestrations|register|simulate|quarantine|slo)/;

export function App() {
  return (
    <LocationProvider scope={SCOPE}>
      <a class="skip-link" href="#page">
        To the content
      </a>
      <Header />
      <Banner />
      <SignInProblem />
      <main id="page" tabIndex={-1}>
        <Router>
          <Route path="/" component={OrchestrationsPage} />
          <Route path="/orchestrations" component={OrchestrationsPage} />
          <Route path="/orchestrations/:name" component={OrchestrationPage} />
          <Route path="/orchestrations/:name/execute" component={ExecutePage} />
          <Route path="/flows" component={FlowsPage} />
          <Route path="/flows/:flowId" component={FlowPage} />
          <Route path="/register" component={RegisterPage} />
          <Route path="/simulate" component={SimulatePage} />
          <Route path="/slo" component={SloPage} />
          <Route path="/quarantine" component={QuarantinePage} />
          <Route default component={NotFoundPage} />
        </Router>
      </main>
    </LocationProvider>
  );
}

function isHere(path: string, href: string): boolean {
  if (href === '/') return path === '/' || path.startsWith('/orchestrations');
  return path === href || path.startsWith(`${href}/`);
}

function Header() {
  const { path } = useLocation();
  return (
    <header class="top">
      <a class="brand" href="/">
        <img src="/console/icon.svg" alt="" width="22" height="22" />
        Backstep
      </a>
      <nav aria-label="Pages">
        {PAGES.map(([href, title]) => (
          <a key={href} href={href} aria-current={isHere(path, href) ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <div class="top-end">
        <ConnectionMark />
        <SignIn />
        <ThemeButton />
        <a href="/graphiql">GraphiQL</a>
      </div>
    </header>
  );
}

function ConnectionMark() {
  const live = useConnection() === 'live';
  return (
    <span class={`mark ${live ? 'mark-live' : 'mark-lost'}`} role="status">
      {live ? 'Live' : 'Connection lost'}
    </span>
  );
}

function ThemeButton() {
  const [theme, setTheme] = useState(currentTheme());
  const other = theme === 'dark' ? 'light' : 'dark';
  const change = (): void => {
    chooseTheme(other);
    setTheme(other);
  };
  return (
    <button type="button" class="quiet" onClick={change} aria-label={`Use ${other} colours`}>
      {other === 'dark' ? '☾' : '☀'}
    </button>
  );
}

function Banner() {
  if (useConnection() === 'live') return null;
  return (
    <p class="banner" role="alert">
      The gateway cannot be reached. What you see may be old; it is read again as soon as the
      gateway is back.
    </p>
  );
}
