// What Gradio hands to the js_on_load of a component, and what makes an element.

export type Trigger = (event: string, data: object) => void;
export type Watch = (property: string, changed: () => void) => void;
export type Upload = (file: File) => Promise<{ path: string }>;
export interface Props<T> {
  value: T | null;
}

/** Properties of an element; a number may stand for a text. */
export type Properties<E> = { [P in keyof E]?: E[P] extends string ? E[P] | number : E[P] };
