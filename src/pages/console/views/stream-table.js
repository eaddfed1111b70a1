// The table of streams: on the overview and on a page of its own.

import { h, setText } from '../../assets/dom.js';
import { bitrate } from '../../assets/numbers.js';
import { t } from '../../assets/texts.js';
import { kickButton } from './kick.js';
import { labelledCells, listTable } from './list-table.js';
import { playLink, trackText } from './stream-facts.js';

const COLUMNS = ['name', 'state', 'video', 'audio', 'frameRate', 'received', 'sent', 'viewers'];

export function streamTable(model) {
  const empty = h(
    'div',
    {},
    h('p', { class: 'muted' }, t('noStreams')),
    h('p', {}, t('publishHint'), ' ', example()),
  );
  const { element, update } = listTable([...COLUMNS, ''], empty, (stream) => row(model, stream));
  return {
    element,
    update: (streams) => update(streams.toSorted((a, b) => a.url.localeCompare(b.url))),
  };
}

function example() {
  return h('code', {}, `ffmpeg -re -i file.mp4 -c copy -f flv rtmp://${location.hostname}/live/livestream`);
}

function row(model, stream) {
  const cells = labelledCells(COLUMNS);
  const name = h('a', { href: `#/streams/${encodeURIComponent(stream.id)}` }, stream.url);
  cells.get('name').append(name);
  cells.get('name').className = 'main';
  cells.get('name').removeAttribute('data-label');
  const state = h('span', { class: 'state' });
  cells.get('state').append(state);
  const kick = kickButton(model, () => stream.publish.cid);
  const element = h(
    'tr',
    {},
    ...cells.values(),
    h('td', { class: 'actions' }, playLink(model, stream), ' ', kick),
  );
  return {
    element,
    update(now) {
      stream = now;
      const { active, cid } = now.publish;
      const rate = model.rates.last(now.id);
      setText(state, t(active ? 'live' : 'idle'));
      state.className = `state ${active ? 'good' : ''}`;
      setText(cells.get('video'), trackText(now.video));
      setText(cells.get('audio'), trackText(now.audio));
      setText(cells.get('frameRate'), active && rate ? Math.round(rate.frames) : '–');
      setText(cells.get('received'), bitrate(rate?.received ?? 0));
      setText(cells.get('sent'), bitrate(rate?.sent ?? 0));
      setText(cells.get('viewers'), Math.max(0, now.clients - (active && cid !== '' ? 1 : 0)));
      kick.hidden = !active || cid === '';
    },
  };
}
