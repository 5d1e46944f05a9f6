// What the server may say, for tests that change a little of it.

/** @import { LookAnswer, PicturesReport, Plan, Run } from '../../../genimg/ui/server.d.ts' */

/** A run that trains. @param {Partial<Run>} [changes] @returns {Run} */
export const makeRun = (changes = {}) => ({
  name: 'shells', title: 'Shells', family: 'vae', kind: 'VAE', draws: true, data: 'own pictures',
  phase: 'training', starting: false, working: true,
  acts: ['stop'], words: '4,000 pictures seen', trouble: '', progress: 0.4, prepared: 0, images: 4000, seconds: 240,
  seconds_left: 300, speed: 17, created: 1000, model: null, opens: true, last_frame: null, graphs: [], plan: [],
  curves: {},
  frames: [], rows: [], columns: 10, health: [], log: [], command: '', removable: false, ...changes,
});

/**
 * Pictures of two kinds, of which some are left out.
 * @param {Partial<PicturesReport>} [changes]
 * @returns {PicturesReport}
 */
export const makeReport = (changes = {}) => ({
  source: 'shapes', found: 42, used: 40, reasons: { damaged: 1, 'same as another': 1 },
  settled: ['damaged', 'not a picture'],
  left_out: [
    { name: 'shapes/broken.png', reason: 'damaged', detail: 'it ends too early' },
    { name: 'shapes/discs/again.png', reason: 'same as another', detail: 'the same as shapes/discs/1.png' },
  ],
  labels: [{ name: 'discs', count: 20 }, { name: 'squares', count: 20 }],
  splits: {}, beside: {}, sides: { least: 24, median: 24, most: 24 }, shape: [16, 16], crop: 'centre', colour: true,
  notes: [],
  ...changes,
});

/** @param {Partial<Plan>} [changes] @returns {Plan} */
export const makePlan = (changes = {}) => ({
  network: 'vae residual', choices: [{ what: 'size', value: '16 pixels', why: 'your pictures have about 24' }],
  varied: true, speed: 1234, memory: 1.23e9, minutes: 20, drawing: 0, pictures: 36,
  hints: ['each picture is seen once'],
  ...changes,
});

/** An answer that has nothing to say yet. @param {Partial<LookAnswer>} [changes] @returns {LookAnswer} */
export const makePreview = (changes = {}) => ({
  done: false, stage: 'pictures', progress: { done: 0, of: 0, words: '' }, report: null, plan: null, error: null,
  sheets: {}, ...changes,
});
