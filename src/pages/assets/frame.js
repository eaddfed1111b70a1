// What all pages share: the bar at the top, the choice of dark and light, short messages at the bottom.

import { h } from './dom.js';
import { store, stored, switchLanguage, t } from './texts.js';

/** `auto` follows the system until somebody chooses. */
export function applyTheme() {
  const theme = stored('theme');
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
}

function toggleTheme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme
    ? root.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = isDark ? 'light' : 'dark';
  store('theme', root.dataset.theme);
}

/** The bar: `title` links home, `links` are elements of the page's own. */
export function topBar(title, home, ...links) {
  return h(
    'header',
    { class: 'bar' },
    h('a', { class: 'brand', href: home }, h('span', { class: 'dot', 'aria-hidden': 'true' }), title),
    h('nav', {}, ...links),
    h(
      'div',
      { class: 'tools' },
      h('button', { class: 'quiet', type: 'button', onclick: switchLanguage }, t('language')),
      h(
        'button',
        { class: 'quiet', type: 'button', title: t('theme'), 'aria-label': t('theme'), onclick: toggleTheme },
        '◐',
      ),
    ),
  );
}

/** A message that goes away by itself. */
export function say(text, kind = 'info') {
  const message = h('div', { class: `toast ${kind}`, role: 'status' }, text);
  document.body.append(message);
  setTimeout(() => message.remove(), 4000);
}

/** @returns whether the question was answered with yes */
export function ask(question, hint, yes) {
  return new Promise((resolve) => {
    const dialog = h(
      'dialog',
      { class: 'card' },
      h(
        'form',
        { method: 'dialog' },
        h('h2', {}, question),
        h('p', { class: 'muted' }, hint),
        h(
          'div',
          { class: 'actions' },
          h('button', { value: 'no', class: 'quiet' }, t('cancel')),
          h('button', { value: 'yes', class: 'danger' }, yes),
        ),
      ),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
