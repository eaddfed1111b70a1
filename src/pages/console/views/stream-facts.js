// What several views say about a stream.

import { h } from '../../assets/dom.js';
import { t } from '../../assets/texts.js';

/** `H264 High 3.1 1280x720`, `AAC LC 44.1 kHz stereo` */
export function trackText(track) {
  if (track === null) return '–';
  const { codec, profile = '', level = '', width, height, sample_rate: rate, channel } = track;
  const size = width > 0 ? `${width}x${height}` : '';
  const sound = rate > 0 ? `${rate / 1000} kHz ${channel > 1 ? 'stereo' : 'mono'}` : '';
  return [codec, profile, level, size, sound].filter((part) => part !== '').join(' ');
}

/** `/live/livestream` or `vhost/live/livestream` taken apart. */
export function nameParts({ url, app, name }) {
  const vhost = url.slice(0, url.length - app.length - name.length - 2);
  return { vhost, app, name };
}

/** Path and query of a stream with an extension, on the port of streams. */
export function mediaPath(stream, extension) {
  const { vhost, app, name } = nameParts(stream);
  const path = [...app.split('/'), `${name}.${extension}`].map(encodeURIComponent).join('/');
  return `/${path}${vhost === '' ? '' : `?vhost=${encodeURIComponent(vhost)}`}`;
}

export function playLink(model, stream) {
  const url = `${model.media}/players/?autostart=true#${model.media}${mediaPath(stream, 'flv')}`;
  return h('a', { class: 'button', href: url, target: '_blank', rel: 'noopener' }, t('play'));
}
