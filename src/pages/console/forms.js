// What the console asks when it cannot begin: where the API is, and who is there.

import { h } from '../assets/dom.js';
import { t } from '../assets/texts.js';

export function connectForm(address, onAddress) {
  const field = h('input', { name: 'address', value: address, required: true, type: 'url' });
  return form(
    [
      h('h1', {}, t('unreachable')),
      h('p', { class: 'muted' }, t('unreachableHint')),
      h('label', {}, t('apiAddress'), field),
      h('button', {}, t('connect')),
    ],
    () => onAddress(field.value),
  );
}

export function loginForm(api, onDone) {
  const user = h('input', { name: 'user', autocomplete: 'username', required: true });
  const password = h('input', { name: 'password', type: 'password', autocomplete: 'current-password' });
  return form(
    [
      h('h1', {}, t('loginNeeded')),
      h('label', {}, t('user'), user),
      h('label', {}, t('password'), password),
      h('button', {}, t('login')),
    ],
    () => {
      api.login(user.value, password.value);
      onDone();
    },
  );
}

function form(children, onSubmit) {
  return h(
    'form',
    {
      class: 'card fields',
      onsubmit: (event) => {
        event.preventDefault();
        onSubmit();
      },
    },
    ...children,
  );
}
