// What the modules of the Edit tab hand to each other.

import type { CropAnswer, MatchAnswer, UploadAnswer } from '../server.d.ts';

/** Where sliders stand, in standard deviations. */
export type Totals = Record<string, number>;

/** How far some sliders reach: place i of each list is of slider i. */
export interface Ends {
  names: string[];
  low: number[];
  high: number[];
}

/** A step in the history, as it is kept. */
export interface TreeNode {
  id: string;
  parents: string[];
  recipe: string;
  label: string;
  model: string;
  thumb: string;
  star: boolean;
  time: number;
  original?: string | null;
  note?: string;
  upload?: UploadAnswer;
  match?: MatchAnswer;
  /** The step that was open before this start. */
  came?: string;
}

/** What is said of a step when it is made. */
export type StepFields = Partial<Omit<TreeNode, 'id' | 'parents'>> & { recipe: string };

/** A change of a tree: what is to be written, what is gone, and where somebody is now. */
export interface TreeChange {
  put: TreeNode[];
  removed: string[];
  current: string | null;
}

/** How a step came about: its parents are places in the list of the steps before. */
export interface Lineage {
  steps: { recipe: string; label: string; parents: number[] }[];
  parents: number[];
}

export interface Place {
  column: number;
  lane: number;
}

export interface Layout {
  places: Map<string, Place>;
  edges: { from: string; to: string; second: boolean }[];
  columns: number;
  lanes: number;
}

export type Details = Record<string, unknown>;

/** Something that a person does; its details may be a function that is asked when its turn comes. */
export interface Act {
  kind: string;
  details: Details | (() => Details | null | false | undefined);
  options: { parents?: string[] };
  /** The step that it is done to, where that is not the present one. */
  on?: string;
}

/** An act that has been sent. */
export interface Flight extends Act {
  details: Details;
  from: string | null;
  before: string[];
}

/** What is known of the upload that the work began with. */
export type KnownUpload = UploadAnswer & { match?: MatchAnswer; crop?: CropAnswer };

/** What a person does in the panel of sliders. */
export interface PanelEvents {
  /** While a slider moves. */
  onpull(name: string, value: number): void;
  /** The step is to be kept. */
  onkeep(): void;
  onlock(names: string[], on: boolean): void;
  ontake(kind: 'move', name: string): void;
  onexchange(factor: string, value: string): void;
  /** Another page of sliders, or another reach. */
  onpage(): void;
  /** Other sliders are in view. */
  onview(): void;
}

/** What a person does with the pictures. */
export interface ViewerEvents {
  /** An edit is taken away. */
  ontake(kind: string, name: string): void;
  /** From easy to edit (0) to faithful (1). */
  onsoften(t: number): void;
  /** The refining is to end. */
  onstop(): void;
}
