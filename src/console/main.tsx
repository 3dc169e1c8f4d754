/**
 * Layer 6, the console: what people look at. Knows: the typed client, the browser. Refuses to know:
 * the inside of the gateway. In: what the gateway answers. Out: pages, each with an address of its
 * own.
 */
import './style.css';
import { render } from 'preact';
import { App } from './app.js';
import { listen } from './data/live.js';
import { finishSignIn } from './data/sign-in.js';
import { applyTheme } from './data/theme.js';

applyTheme();
if (location.pathname === '/login') await finishSignIn();
void listen();
const root = document.getElementById('console');
if (root !== null) {
  root.textContent = '';
  render(<App />, root);
}
