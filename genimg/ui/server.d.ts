// What the page and its server say to each other. Written by: python -m genimg.ui.declarations

/** What comes of an act: a scene, an offer, or the words why it has failed.
 *
 * `parts` are there where another model is chosen now. */
export interface ActAnswer {
  warnings: string[];
  scene?: SceneAnswer;
  offer?: OfferAnswer;
  failed?: string;
  parts?: ModelParts;
}

export type ActRequest =
  | OpenAct | ExampleAct | DrawAct | GoAct | CropAct | BaseAct | PullAct | TakeAct | ResetAct | NudgeAct | LockAct
  | OperationAct;

/** A better start for an upload has been found. */
export interface BaseAct {
  chosen: string;
  recipe?: string | null;
  act: "base";
  better: string;
  editable?: string | null;
  original?: string | null;
}

export interface Changes {
  what: string;
  from: string;
  to: string;
}

/** What was chosen for a run, and why. */
export interface Choice {
  what: string;
  value: string;
  why: string;
}

/** Another part of an upload is encoded; see `Editor.fit`. */
export interface CropAct {
  chosen: string;
  recipe?: string | null;
  act: "crop";
  path: string;
  focus: number[];
  zoom: number;
}

/** The part of an upload that the model sees; `ratio` is its width to its height, `preview` the
 * whole picture where browsers cannot show the file. */
export interface CropAnswer {
  path: string;
  focus: [number, number];
  zoom: number;
  ratio: number;
  preview?: string;
}

/** A part of each picture that can be learned from. */
export interface CropOption {
  name: string;
  title: string;
}

/** A run is to be deleted; its `model`, too? */
export interface DeleteRequest {
  model?: boolean;
}

/** The model draws a picture. */
export interface DrawAct {
  chosen: string;
  recipe?: string | null;
  act: "draw";
}

/** A step that led to a picture; `parents` are places among the steps before. */
export interface EarlierStep {
  recipe: string;
  label: string;
  parents: number[];
  thumb: string;
}

/** What is behind a thumbnail is opened. */
export interface ExampleAct {
  chosen: string;
  recipe?: string | null;
  act: "example";
  pick: string;
}

/** A run is to have so many minutes more. */
export interface ExtendRequest {
  minutes?: number | null;
}

/** A family to train, and whether its models draw pictures. */
export interface FamilyOption {
  name: string;
  title: string;
  words: string;
  draws: boolean;
}

/** A sheet of pictures, after so many training images. */
export interface Frame {
  images: number;
  url: string;
}

/** A slider is being pulled where the live socket is blocked: where all of them stand. */
export interface FrameRequest {
  recipe: string;
  totals: Record<string, number>;
}

/** A step is gone to, which the page knows as `node`. */
export interface GoAct {
  chosen: string;
  recipe?: string | null;
  act: "go";
  node: string;
}

/** A graph over the minutes: each line is a curve's name and what is said of it. */
export interface GraphAnswer {
  title: string;
  hint: string;
  lines: [string, string][];
}

/** One sentence on how a run is doing, and how serious that is. */
export interface HealthAnswer {
  kind: string;
  words: string;
}

/** A kind of pictures, and how many there are. */
export interface Label {
  name: string;
  count: number;
}

/** A file that is not used, and why. */
export interface LeftOutFile {
  name: string;
  reason: string;
  detail: string;
}

/** Directions are kept from now on, or let go. */
export interface LockAct {
  chosen: string;
  recipe?: string | null;
  act: "lock";
  names: string[];
  on: boolean;
}

/** What is known of some pictures by now. */
export interface LookAnswer {
  done: boolean;
  stage: string;
  progress: LookProgress;
  report: PicturesReport | null;
  plan: Plan | null;
  error: string | null;
  sheets: LookSheets;
}

/** How far a look is. */
export interface LookProgress {
  done: number;
  of: number;
  words: string;
}

/** The same before it is started, to look at the pictures and the plan. */
export interface LookRequest {
  data: string;
  size?: number | null;
  crop?: string | null;
  keep?: string[];
  leave_out?: string[];
  family?: string;
  minutes?: number | null;
  init_from?: string | null;
  title?: string;
  credit?: string;
  licence?: string;
  person?: string;
}

/** The addresses of sheets of pictures: those that are used, left out, and varied. */
export interface LookSheets {
  used?: string;
  left_out?: string;
  changes?: string;
}

/** A look has begun. */
export interface LookStarted {
  id: string;
}

/** How close the model comes to an upload, for people; `captions` say for each label how much
 * its name is worth. */
export interface MatchAnswer {
  words: string;
  level: string;
  numbers: string;
  advice: string;
  captions: Record<string, string>;
}

/** Whether somebody may add models. */
export interface MayAdd {
  allowed: boolean;
}

/** How long a training may take. */
export interface MinutesRange {
  least: number;
  most: number;
}

/** A model is in the folder. `known` is set if it was there before; one that does not draw is
 * not in the menu. */
export interface ModelAdded {
  name: string;
  title: string;
  known: boolean;
  draws: boolean;
}

/** A model is in the menu. */
export interface ModelOpened {
  model: string;
}

/** What belongs to a model that is now chosen: what to begin with as HTML, whether it takes
 * pictures, and, as HTML, what is said where it does not. */
export interface ModelParts {
  model: string;
  examples: string;
  takes_pictures: boolean;
  hint: string;
}

/** What the page has to know of a model: `shape` is the height and width of a picture,
 * `directions` the reliability of each in percent, `numbers` those of them that speak in units,
 * `kind` whether all its pictures are of a kind, `refines` whether uploads can be made better. */
export interface ModelSheet {
  name: string;
  id: string;
  title: string;
  shape: [number, number];
  kind: boolean;
  refines: boolean;
  pages: SliderPage[];
  directions: Record<string, number>;
  numbers: Record<string, NumberSheet>;
  factors: Record<string, string[]>;
}

/** A direction moves by so much along a slider of another one. */
export interface Moves {
  what: string;
  by: number;
}

/** A few sliders are moved at random. */
export interface NudgeAct {
  chosen: string;
  recipe?: string | null;
  act: "nudge";
}

/** Which number a slider shows: `base + step * amount`, in its unit. */
export interface NumberAnswer {
  base: number;
  step: number;
}

/** What a direction is in units: between which values it lies, how far it is `off` on average,
 * in words, and with how many decimal places it is told. */
export interface NumberSheet {
  unit: string;
  low: number;
  high: number;
  off: string;
  digits: number;
}

/** What can be done with a picture that the chosen model does not know: open it in the model
 * `photo`, called `title`, or all the same in `model`; null where there is none. */
export interface OfferAnswer {
  path: string;
  words: string;
  thumb: string;
  model: string | null;
  photo: string | null;
  title: string | null;
}

/** An upload is opened, by the chosen model or `model`, which then takes any picture. */
export interface OpenAct {
  chosen: string;
  recipe?: string | null;
  act: "open";
  path: string;
  model?: string | null;
  refine?: boolean;
}

/** An operation is done to the picture; its parameters beside `act` are read by it. */
export interface OperationAct {
  chosen: string;
  recipe?: string | null;
  act: string;
}

/** What can be chosen: its name, and what a person reads. */
export interface Option {
  name: string;
  title: string;
  words: string;
}

/** All that there is to train with, and all runs; no runs, with `why`, for those who may not. */
export interface Overview {
  data: Option[];
  families: FamilyOption[];
  crops: CropOption[];
  sizes: number[];
  minutes: MinutesRange;
  letters: number;
  nothing: string;
  examples: TrainingExample[];
  allowed: boolean;
  why: string;
  here: boolean;
  models: StartModel[];
  runs: RunBrief[];
  disk_free: number;
}

/** What `python -m genimg prepare` has found; `settled` are reasons that cannot be overruled,
 * `shape` the height and width of the prepared pictures. */
export interface PicturesReport {
  source: string;
  found: number;
  used: number;
  reasons: Record<string, number>;
  settled: string[];
  left_out: LeftOutFile[];
  labels: Label[];
  splits: Record<string, number>;
  beside: Record<string, number>;
  colour: boolean;
  sides: Sides;
  shape: [number, number];
  crop: string;
  notes: string[];
}

/** A file has arrived in a set; `name` is null for what no picture can be. */
export interface PicturesSent {
  set: string;
  name: string | null;
}

/** What `python -m genimg train --dry-run` has planned; see genimg.training.planning.plan.
 *
 * `network` is the family and the preset, such as "vae photo"; `hints` are what is not among the
 * choices and the numbers; pictures are shown as they are where they are not `varied`. `minutes`
 * are those of training, `drawing` those in which the pictures are drawn before it. */
export interface Plan {
  network: string;
  choices: Choice[];
  varied: boolean;
  speed: number;
  memory: number;
  minutes: number;
  drawing: number;
  pictures: number;
  hints: string[];
}

/** Sliders have been moved: {direction: standard deviations}; "" is the share of own details. */
export interface PullAct {
  chosen: string;
  recipe?: string | null;
  act: "pull";
  amounts: Record<string, number>;
}

/** The last line of a refining; `error` says what went wrong, if anything did. */
export interface RefineEnd {
  done: true;
  error?: string;
}

/** How far an upload's start has been made better: `step` of `of`, the `better` recipe (null as
 * long as there is none) and what it draws; at the end a recipe that is easy to edit, too. */
export interface RefineNews {
  step: number;
  of: number;
  words: string;
  better: string | null;
  picture: string;
  editable?: string;
}

/** The start of an upload is to be made better; `original` is what the model was shown. */
export interface RefineRequest {
  recipe: string;
  original: string;
}

/** All edits are taken back. */
export interface ResetAct {
  chosen: string;
  recipe?: string | null;
  act: "reset";
}

/** A run with all that its page shows; `removable` says that its model may go with it. */
export interface Run {
  name: string;
  title: string;
  family: string;
  kind: string;
  draws: boolean;
  data: string;
  phase: string;
  starting: boolean;
  working: boolean;
  acts: string[];
  words: string;
  trouble: string;
  progress: number;
  prepared: number;
  images: number;
  seconds: number;
  seconds_left: number | null;
  speed: number;
  created: number;
  model: string | null;
  opens: boolean;
  last_frame: string | null;
  graphs: GraphAnswer[];
  plan: Choice[];
  curves: Record<string, (number | null)[]>;
  frames: Frame[];
  rows: string[];
  columns: number;
  health: HealthAnswer[];
  log: string[];
  command: string;
  removable: boolean;
}

/** A run as the list shows it, and how many sheets of pictures it has. */
export interface RunBrief {
  name: string;
  title: string;
  family: string;
  kind: string;
  draws: boolean;
  data: string;
  phase: string;
  starting: boolean;
  working: boolean;
  acts: string[];
  words: string;
  trouble: string;
  progress: number;
  prepared: number;
  images: number;
  seconds: number;
  seconds_left: number | null;
  speed: number;
  created: number;
  model: string | null;
  opens: boolean;
  last_frame: string | null;
  frames: number;
}

/** What a run is to be; what is left out, null or "" is chosen by the program. */
export interface RunRequest {
  data: string;
  size?: number | null;
  crop?: string | null;
  keep?: string[];
  leave_out?: string[];
  family?: string;
  minutes?: number | null;
  init_from?: string | null;
  title?: string;
  credit?: string;
  licence?: string;
}

/** A run has begun, or waits for its turn. */
export interface RunStarted {
  name: string;
}

/** All these steps are to be saved in an archive. */
export interface SaveAll {
  what: "all";
  steps: StepOfAll[];
}

/** A picture is to be saved, or the `whole` photograph with its edits; see `saving.picture`. */
export interface SavePicture {
  what: "picture";
  recipe: string;
  label?: string;
  steps?: StepToSave[];
  parents?: number[];
  kind?: string;
  scale?: number;
  smooth?: boolean;
  bare?: boolean;
  whole?: WholePhotograph | null;
}

export type SaveRequest =
  | SavePicture
  | SaveAll;

/** A picture with all that the page shows of it. Pictures are data: URIs.
 *
 * `opened`: it is another picture than before. `refine`: the page shall make its start better at
 * once. `node`: the step that was gone to. `details`: the share of its own details that is shown,
 * where it has some. `numbers`: the sliders that speak in units, under its locks. */
export interface SceneAnswer {
  model: ModelSheet;
  recipe: string;
  label: string;
  note: string;
  amounts: Record<string, number>;
  locks: string[];
  changes: Record<string, string>;
  shows: Record<string, string>;
  numbers: Record<string, NumberAnswer>;
  details?: number;
  picture: string;
  plain: string;
  thumb: string;
  earlier: EarlierStep[];
  parents: number[];
  number: number;
  match?: MatchAnswer;
  upload?: UploadAnswer;
  opened?: boolean;
  refine?: boolean;
  node?: string | null;
}

/** The text message of the page; see Scene. Newer pages may say more. */
export interface SceneMessage {
  scene: number;
  recipe: string;
  names: string[];
  raw?: boolean;
}

/** What a component of Gradio's has opened: a scene, an offer, or the words why the page is
 * `empty`. */
export interface SessionValue {
  number?: number;
  scene?: SceneAnswer;
  offer?: OfferAnswer;
  empty?: string;
}

/** The short sides of pictures, in pixels. */
export interface Sides {
  least: number;
  median: number;
  most: number;
}

/** Directions that are shown together; `factor` is what they are values of, and `series` what
 * several pages of one group are called together; "" for others. */
export interface SliderPage {
  title: string;
  factor: string;
  names: string[];
  series: string;
}

/** A model that training can start from; `shape` is the height and width of its pictures. */
export interface StartModel {
  name: string;
  title: string;
  shape: [number, number];
  family: string;
}

/** A step in an archive; `parents` are ids, `time` milliseconds since 1970. */
export interface StepOfAll {
  id: string;
  recipe: string;
  label?: string;
  parents?: string[];
  star?: boolean | null;
  time?: number;
}

/** A step that led to a picture; `parents` are places among the steps before. */
export interface StepToSave {
  recipe: string;
  label?: string;
  parents?: number[];
}

/** All small pictures in one, and what else changes along each slider. */
export interface StripsAnswer {
  columns: number;
  side: number;
  sprite: string;
  drags: ((Moves | Changes)[])[];
}

/** What the page asks: `low[i]` to `high[i]` standard deviations of direction `names[i]`. */
export interface StripsRequest {
  recipe: string;
  names: string[];
  low: number[];
  high: number[];
}

/** The exchange of a factor is taken back ("change"), that less of the own details is shown
 * ("details"), or all that a direction was moved. */
export interface TakeAct {
  chosen: string;
  recipe?: string | null;
  act: "take";
  kind: string;
  name: string;
}

/** The same, with the address of its sheet. */
export interface TrainingExample {
  name: string;
  network: string;
  title: string;
  pictures: number;
  size: number;
  minutes: number;
  images: number;
  speed: number;
  fd: number | null;
  fd_floor: number | null;
  url: string;
}

/** What is remembered of an upload: what the model was shown, and the recipes of two starts for
 * it, `editable` and `faithful`; the start in use is at `t` of the way from the first to the
 * second. */
export interface UploadAnswer {
  original?: string;
  crop?: CropAnswer;
  faithful?: string;
  editable?: string;
  t?: number;
}

/** The upload that the picture comes from, and where its crop lies in it; see `Editor.fit`. */
export interface WholePhotograph {
  path: string;
  focus: number[];
  zoom: number;
}
