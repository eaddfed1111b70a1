// The process, its machine, and what the last reload of its configuration did.

import { h, setText } from '../../assets/dom.js';
import { say } from '../../assets/frame.js';
import { bytes, duration, percent } from '../../assets/numbers.js';
import { t } from '../../assets/texts.js';

const FACTS = [
  'version',
  'serverId',
  'process',
  'uptime',
  'cpu',
  'memory',
  'load',
  'connections',
  'apiAddress',
];
const FINISHED = 90;

export function serverView(model) {
  const facts = new Map(FACTS.map((key) => [key, h('dd')]));
  const reload = reloadCard(model);
  return {
    element: h(
      'div',
      { class: 'columns' },
      h(
        'section',
        { class: 'card' },
        h('h1', {}, t('server')),
        h(
          'dl',
          {},
          FACTS.flatMap((key) => [h('dt', {}, t(key)), facts.get(key)]),
        ),
      ),
      reload.element,
    ),
    async update() {
      const texts = factTexts(model);
      for (const key of FACTS) setText(facts.get(key), texts[key]);
      await reload.update();
    },
  };
}

function factTexts({ api, summaries }) {
  const { self, system } = summaries.data;
  return {
    version: self.version,
    serverId: summaries.server,
    process: `${self.pid}, ${self.argv}, ${self.cwd}`,
    uptime: duration(self.srs_uptime),
    cpu: `${percent(self.cpu_percent)} / ${system.cpus} × 100 %`,
    memory: `${bytes(self.mem_kbyte * 1024)} / ${bytes(system.mem_ram_kbyte * 1024)}`,
    load: [system.load_1m, system.load_5m, system.load_15m].join(' '),
    connections: system.conn_srs,
    apiAddress: api.base,
  };
}

function reloadCard(model) {
  const state = h('p');
  const details = h('ul');
  const button = h(
    'button',
    { type: 'button', hidden: true, onclick: () => reloadNow(model) },
    t('reloadNow'),
  );
  return {
    element: h('section', { class: 'card' }, h('h1', {}, t('lastReload')), state, details, button),
    async update() {
      const [last, settings] = await Promise.all([
        model.api.call('/api/v1/reload').catch(() => undefined),
        model.api.call('/api/v1/raw?rpc=raw').catch(() => undefined),
      ]);
      setText(state, stateText(last?.data));
      details.replaceChildren(
        ...(last?.data?.diagnostics ?? []).map((line) => h('li', {}, h('code', {}, line))),
      );
      const raw = settings?.http_api.raw_api;
      button.hidden = !(raw?.enabled && raw.allow_reload);
    },
  };
}

function stateText(last) {
  if (last === undefined) return t('reloadUnknown');
  if (last.state === 0) return t('neverReloaded');
  const when = new Date(last.time_ms).toLocaleString();
  if (last.err !== 0) return `${when}: ${t('reloadFailed')}. ${last.msg}`;
  return `${when}: ${last.state === FINISHED ? t('reloadOk') : t('reloadRunning')}`;
}

async function reloadNow(model) {
  try {
    await model.api.call('/api/v1/raw?rpc=reload');
  } catch (error) {
    say(`${t('failed')}: ${error.message}`, 'error');
  }
  setTimeout(model.refresh, 1000);
}
