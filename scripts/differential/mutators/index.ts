/**
 * All mutators, by kind: the table of contents of what a differential run changes. Each kind gets as many mutants as any
 * other, and so does each mutator of a kind.
 */
import type { Mutator } from '../mutation.ts'
import { ANSWERS } from './answers.ts'
import { CHOICES } from './choices.ts'
import { CODES, SYSTEMS } from './codes.ts'
import { BUNDLES, TYPES } from './containers.ts'
import { BESIDE, EXTENSIONS } from './extensions.ts'
import { INVARIANTS } from './invariants.ts'
import { CLAIMS, SLICES } from './profiles.ts'
import { CONTAINED, REFERENCES } from './references.ts'
import { DUPLICATES, EMPTIES, MOVES, NAMES, NUMBERS, REMOVALS, SHAPES } from './shapes.ts'
import { TEXTS } from './texts.ts'
import { DATES, FORMATS } from './values.ts'

export const KINDS: Readonly<Record<string, readonly Mutator[]>> = {
  removed: REMOVALS,
  duplicated: DUPLICATES,
  moved: MOVES,
  misspelt: NAMES,
  'wrong JSON type': SHAPES,
  'empty or null': EMPTIES,
  cardinality: NUMBERS,
  choice: CHOICES,
  date: DATES,
  'primitive format': FORMATS,
  code: CODES,
  system: SYSTEMS,
  reference: REFERENCES,
  contained: CONTAINED,
  extension: EXTENSIONS,
  'beside a primitive': BESIDE,
  slice: SLICES,
  profile: CLAIMS,
  invariant: INVARIANTS,
  resourceType: TYPES,
  Bundle: BUNDLES,
  answer: ANSWERS,
  text: TEXTS,
}
