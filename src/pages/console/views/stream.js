// One stream: its tracks, its bitrates, the URLs to play it, and its clients.

import { rateChart } from '../../assets/chart.js';
import { h, setText } from '../../assets/dom.js';
import { bytes } from '../../assets/numbers.js';
import { t } from '../../assets/texts.js';
import { clientTable } from './client-table.js';
import { kickButton } from './kick.js';
import { mediaPath, playLink, trackText } from './stream-facts.js';

const SPAN_MS = 300_000;
const MAX_CLIENTS = 1000;
const FACTS = ['state', 'video', 'audio', 'frameRate', 'received', 'sent'];

export function streamView(model, id) {
  const chart = rateChart(
    [
      { key: 'received', label: t('received'), className: 'in' },
      { key: 'sent', label: t('sent'), className: 'out' },
    ],
    SPAN_MS,
  );
  const facts = new Map(FACTS.map((key) => [key, h('dd')]));
  const title = h('h1', {}, id);
  const actions = h(
    'div',
    { class: 'actions' },
    h('a', { class: 'button quiet', href: '#/streams' }, t('back')),
  );
  const links = h('dl');
  const table = clientTable(model);
  let stream;
  const kick = kickButton(model, () => stream.publish.cid);

  function showStream(now) {
    if (stream === undefined) {
      actions.append(playLink(model, now), kick);
      links.append(...addresses(model, now));
    }
    stream = now;
    setText(title, now.url);
    kick.hidden = !now.publish.active || now.publish.cid === '';
    const rate = model.rates.last(id);
    setText(facts.get('state'), t(now.publish.active ? 'live' : 'idle'));
    setText(facts.get('video'), trackText(now.video));
    setText(facts.get('audio'), trackText(now.audio));
    setText(facts.get('frameRate'), rate ? Math.round(rate.frames) : '–');
    setText(facts.get('received'), bytes(now.recv_bytes));
    setText(facts.get('sent'), bytes(now.send_bytes));
    chart.update(model.rates.samples(id));
  }

  return {
    element: h(
      'div',
      {},
      h('section', { class: 'card' }, title, actions),
      h(
        'div',
        { class: 'columns' },
        h(
          'section',
          { class: 'card' },
          h(
            'dl',
            {},
            FACTS.flatMap((key) => [h('dt', {}, t(key)), facts.get(key)]),
          ),
        ),
        h('section', { class: 'card' }, links),
      ),
      h('section', { class: 'card' }, h('h2', {}, t('bitrate')), chart.element),
      h('section', { class: 'card' }, h('h2', {}, t('clients')), table.element),
    ),
    async update() {
      const now = model.streams.find((one) => one.id === id);
      if (now === undefined) setText(facts.get('state'), t('gone'));
      else showStream(now);
      const clients = await model.api.clients(0, MAX_CLIENTS);
      table.update(clients.filter((client) => client.stream === id));
    },
  };
}

function addresses(model, stream) {
  const rtmp = stream.tcUrl.startsWith('rtmp') ? stream.tcUrl : `rtmp://${location.hostname}/${stream.app}`;
  const urls = { RTMP: `${rtmp}/${stream.name}` };
  for (const [kind, extension] of [
    ['HTTP-FLV', 'flv'],
    ['HLS', 'm3u8'],
  ]) {
    urls[kind] = `${model.media}${mediaPath(stream, extension)}`;
  }
  return Object.entries(urls).flatMap(([kind, url]) => [h('dt', {}, kind), h('dd', {}, h('code', {}, url))]);
}
