// The player page: one stream, in the format of choice, with what a viewer would want to know about it.

import { h, setText } from '../assets/dom.js';
import { applyTheme, say, topBar } from '../assets/frame.js';
import { bitrate, duration } from '../assets/numbers.js';
import { language, t } from '../assets/texts.js';
import { addressOf, FORMATS, formatOf, inFormat } from './address.js';
import { play } from './engines.js';
import { Health } from './health.js';

const RETRY_MS = 2000;
const SAMPLE_MS = 500;
const FACTS = [
  'state',
  'codec',
  'resolution',
  'frameRate',
  'received',
  'latency',
  'buffer',
  'stalls',
  'dropped',
  'time',
];

const video = h('video', { controls: true, playsinline: true });
const notice = h('div', { class: 'notice', role: 'status' });
const url = h('input', { type: 'url', name: 'url', required: true, spellcheck: 'false' });
const format = h(
  'select',
  { name: 'format' },
  FORMATS.map(({ key, label }) => h('option', { value: key }, label)),
);
const facts = new Map(FACTS.map((key) => [key, h('dd', { 'data-fact': key })]));
const health = new Health(video);
let engine;
let retry;
/** Counts the playbacks, so that a late answer of an old one is known. */
let playback = 0;

async function start() {
  stop();
  const own = playback;
  history.replaceState(null, '', `#${url.value}`);
  health.reset();
  const started = await play(format.value, url.value, video, () => {
    if (own === playback) again();
  });
  if (own !== playback) {
    started?.close();
    return;
  }
  engine = started;
  if (started === undefined) setText(notice, t('unsupported'));
  else await playWithSound();
}

/** Browsers let a page start with sound only after somebody has clicked. */
async function playWithSound() {
  try {
    await video.play();
  } catch (error) {
    if (error.name !== 'NotAllowedError') return;
    video.muted = true;
    await video.play().catch(() => {});
  }
}

/** The stream ended or never began: it may come at any time. */
function again() {
  setText(notice, t(health.hasPlayed ? 'ended' : 'retrying'));
  engine?.close();
  engine = undefined;
  clearTimeout(retry);
  retry = setTimeout(() => void start(), RETRY_MS);
}

function stop() {
  playback++;
  clearTimeout(retry);
  engine?.close();
  engine = undefined;
  setText(notice, '');
}

function sample() {
  const { frameRate, dropped, bufferSec, playedSec, stalls, stalledMs } = health.sample(performance.now());
  const { videoCodec, audioCodec, kbps, latencySec = bufferSec } = engine?.facts() ?? {};
  const isShowing = engine !== undefined && health.hasPlayed;
  if (isShowing) setText(notice, '');
  const texts = {
    state: t(stateKey()),
    codec: [videoCodec, audioCodec].filter(Boolean).join(', ') || '–',
    resolution: video.videoWidth > 0 ? `${video.videoWidth}x${video.videoHeight}` : '–',
    frameRate: isShowing ? Math.round(frameRate) : '–',
    received: kbps === undefined ? '–' : bitrate(kbps),
    latency: isShowing ? `${latencySec.toFixed(1)} s` : '–',
    buffer: `${bufferSec.toFixed(1)} s`,
    stalls: `${stalls} (${(stalledMs / 1000).toFixed(1)} s)`,
    dropped,
    time: duration(playedSec),
  };
  for (const key of FACTS) setText(facts.get(key), texts[key]);
}

function stateKey() {
  if (engine === undefined) return 'stopped';
  if (health.isStalled) return 'stalled';
  if (!health.hasPlayed) return 'loading';
  return video.paused ? 'paused' : 'playing';
}

function form() {
  const copy = () =>
    navigator.clipboard?.writeText(url.value).then(
      () => say(t('copied')),
      () => {},
    );
  return h(
    'form',
    {
      class: 'card fields',
      onsubmit: (event) => {
        event.preventDefault();
        format.value = formatOf(url.value);
        void start();
      },
    },
    h('label', {}, t('url'), url),
    h('label', {}, t('format'), format),
    h(
      'div',
      { class: 'actions' },
      h('button', {}, t('play')),
      h('button', { class: 'quiet', type: 'button', onclick: stop }, t('stop')),
      h('button', { class: 'quiet', type: 'button', onclick: copy }, t('copy')),
    ),
  );
}

applyTheme();
document.documentElement.lang = language;
document.title = t('player');
url.value = addressOf(location.href);
format.value = formatOf(url.value);
format.addEventListener('change', () => {
  url.value = inFormat(url.value, format.value);
  void start();
});
document.body.append(
  topBar(t('player'), './', h('a', { href: '../console/' }, t('console'))),
  h(
    'main',
    { class: 'player' },
    h('div', {}, h('div', { class: 'screen' }, video, notice)),
    h(
      'div',
      {},
      form(),
      h(
        'section',
        { class: 'card' },
        h(
          'dl',
          {},
          FACTS.flatMap((key) => [h('dt', {}, t(key)), facts.get(key)]),
        ),
      ),
    ),
  ),
);
setInterval(sample, SAMPLE_MS);
if (new URLSearchParams(location.search).get('autostart') === 'true') void start();
