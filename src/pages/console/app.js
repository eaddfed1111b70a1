// The console: finds the API, asks it every two seconds, and shows one of its views.

import { h } from '../assets/dom.js';
import { applyTheme, topBar } from '../assets/frame.js';
import { language, t } from '../assets/texts.js';
import { ApiFailure, candidates, findApi, findMedia, LoginNeeded } from './api.js';
import { connectForm, loginForm } from './forms.js';
import { Rates } from './rates.js';
import { clientsView } from './views/clients.js';
import { overviewView } from './views/overview.js';
import { serverView } from './views/server.js';
import { streamView } from './views/stream.js';
import { streamsView } from './views/streams.js';
import { vhostsView } from './views/vhosts.js';

const INTERVAL_MS = 2000;
/** Streams whose rates are followed. */
const MAX_STREAMS = 1000;

const VIEWS = {
  overview: overviewView,
  streams: streamsView,
  stream: streamView,
  clients: clientsView,
  vhosts: vhostsView,
  server: serverView,
};
const TABS = ['overview', 'streams', 'clients', 'vhosts', 'server'];

const main = h('main', {}, h('p', { class: 'muted' }, t('connecting')));
const tabs = TABS.map((name) => h('a', { href: `#/${name}`, 'data-tab': name }, t(name)));
const model = {
  api: undefined,
  /** Where players and encoders find streams. */
  media: '',
  rates: new Rates(),
  summaries: undefined,
  streams: [],
  timeMs: 0,
  /** Asks the API at once, after something was done. */
  refresh: () => void tick(),
};
let view;
let timer;

/** `#/streams/vid-1` is the view `stream` of that id; what SRS's console links to falls to the overview. */
function route() {
  const [name = '', id = ''] = location.hash.replace(/^#\/?/, '').split('?')[0].split('/');
  if (name === 'streams' && id !== '') return { name: 'stream', id: decodeURIComponent(id), tab: 'streams' };
  return TABS.includes(name) ? { name, id, tab: name } : { name: 'overview', id: '', tab: 'overview' };
}

function show() {
  if (model.api === undefined) return;
  const { name, id, tab } = route();
  for (const link of tabs) {
    if (link.dataset.tab === tab) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  view = VIEWS[name](model, id);
  main.replaceChildren(view.element);
  void tick();
}

async function tick() {
  clearTimeout(timer);
  const current = view;
  try {
    const [summaries, streams] = await Promise.all([
      model.api.summaries(),
      model.api.streams(0, MAX_STREAMS),
    ]);
    takeOver(summaries, streams);
    if (current === view) await view.update();
    setProblem('');
  } catch (error) {
    if (error instanceof LoginNeeded) {
      view = undefined;
      main.replaceChildren(loginForm(model.api, show));
    } else if (error instanceof ApiFailure) {
      setProblem(`${t('unreachable')}: ${model.api.base}`);
    } else {
      throw error;
    }
  } finally {
    if (current === view) schedule();
  }
}

function schedule() {
  clearTimeout(timer);
  timer = setTimeout(() => void tick(), document.hidden ? INTERVAL_MS * 5 : INTERVAL_MS);
}

function takeOver(summaries, streams) {
  const { system, now_ms: timeMs } = summaries.data;
  model.summaries = summaries;
  model.streams = streams;
  model.timeMs = timeMs;
  model.rates.add('server', { send_bytes: system.srs_send_bytes, recv_bytes: system.srs_recv_bytes }, timeMs);
  for (const stream of streams) model.rates.add(stream.id, stream, timeMs);
  model.rates.forget(timeMs);
}

const problem = h('div', { class: 'problem', hidden: true, role: 'alert' });

function setProblem(text) {
  problem.hidden = text === '';
  problem.textContent = text;
}

async function connect(addresses) {
  try {
    model.api = await findApi(addresses);
  } catch {
    main.replaceChildren(connectForm(addresses[0], (address) => void connect([address])));
    return;
  }
  model.media = await findMedia();
  show();
}

applyTheme();
document.documentElement.lang = language;
document.title = t('console');
document.body.append(topBar(t('console'), '#/overview', ...tabs), main);
main.before(problem);
addEventListener('hashchange', show);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && model.api !== undefined && view !== undefined) void tick();
});
void candidates().then(connect);
