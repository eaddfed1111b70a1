// The button that ends a client's connection.

import { h } from '../../assets/dom.js';
import { ask, say } from '../../assets/frame.js';
import { t } from '../../assets/texts.js';

/** @param clientId asked when the button is pressed */
export function kickButton(model, clientId) {
  return h('button', { class: 'danger', type: 'button', onclick: () => kick(model, clientId()) }, t('kick'));
}

async function kick(model, id) {
  if (!(await ask(t('kickQuestion'), t('kickHint'), t('kick')))) return;
  try {
    await model.api.kick(id);
    say(t('kicked'));
  } catch (error) {
    say(`${t('failed')}: ${error.message}`, 'error');
  }
  model.refresh();
}
