// What do Gradio's components have to know of what the page's own modules have opened?
//
// The menu, the examples and the upload field follow the model of the picture that is open, and the other tabs take
// that picture over. All of it stays within the page: an event of Gradio's without a server sets the components.

/** @import { ModelParts, SceneAnswer } from '../server.d.ts' */
/** @import { Trigger } from '../shell/types.d.ts' */

export class GradioParts {
  /** @type {Pick<SceneAnswer, 'model' | 'recipe'> | null} */
  #open = null;
  /** @type {ModelParts | undefined} */
  #parts;
  #begun = false;
  #trigger;

  /** @param {Trigger} trigger of the component whose `change` sets them */
  constructor(trigger) { this.#trigger = trigger; }

  /**
   * This is open now.
   * @param {SceneAnswer} scene
   * @param {ModelParts} [parts] of its model, where that is another one
   */
  open(scene, parts) {
    this.#open = scene;
    this.#parts = parts ?? this.#parts;
    this.#trigger('change', {});
  }

  /** Another picture than that in the upload field was begun with. */
  begin() {
    this.#begun = true;
    this.#trigger('change', {});
  }

  /** Their values, in the order of ui/edit/tab.py; an undefined one stays as it is. */
  values() {
    const open = this.#open, parts = this.#parts, begun = this.#begun;
    this.#parts = undefined;
    this.#begun = false;
    const upload = {
      __type__: 'update',
      ...(parts && { visible: parts.takes_pictures || 'hidden' }),
      ...(begun && { value: null }),
    };
    const work = open ? { model: open.model.name, recipe: open.recipe } : undefined;
    return [work, parts?.model, parts?.examples, upload, parts?.hint];
  }
}
