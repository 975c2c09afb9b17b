/**
 * All mutators, by kind: the table of contents of what a differential run changes. Each kind gets as many mutants as any
 * other, and so does each mutator of a kind.
 */
import type { Mutator } from '../mutation.ts'
import { ANSWERS } from './answers.ts'
import { CHOICES } from './choices.ts'
import { CODES, DISPLAYS, OTHER_CODES, SYSTEMS } from './codes.ts'
import { BUNDLES, TYPES } from './containers.ts'
import { SIBLINGS, EXTENSIONS } from './extensions.ts'
import { BOUNDS, NARROWED, PATTERNS, RULES, SLICINGS } from './guides.ts'
import { INVARIANTS } from './invariants.ts'
import { CLAIMS, FIXED, SLICES } from './profiles.ts'
import { CONTAINED, OTHER_REFERENCES, REFERENCES } from './references.ts'
import { DUPLICATES, EMPTIES, MOVES, NAMES, NUMBERS, ORDERS, OTHER_ELEMENTS, REMOVALS, SHAPES } from './shapes.ts'
import { TEXTS } from './texts.ts'
import { DATES, FORMATS, OTHER_VALUES } from './values.ts'

export type Kinds = Readonly<Record<string, readonly Mutator[]>>

/** Faults (a few of these mutants are valid, where no rule applied). */
export const FAULTS: Kinds = {
  removed: REMOVALS,
  duplicated: DUPLICATES,
  moved: MOVES,
  misspelt: NAMES,
  'wrong JSON type': SHAPES,
  'empty or null': EMPTIES,
  cardinality: NUMBERS,
  choice: CHOICES,
  'bad date': DATES,
  'bad format': FORMATS,
  'wrong code': CODES,
  'wrong system': SYSTEMS,
  'bad reference': REFERENCES,
  contained: CONTAINED,
  extension: EXTENSIONS,
  'sibling of a primitive': SIBLINGS,
  slice: SLICES,
  'fixed value': FIXED,
  invariant: INVARIANTS,
  resourceType: TYPES,
  Bundle: BUNDLES,
  answer: ANSWERS,
}

/** Changes that are often valid, or depend on terminology. */
export const VARIANTS: Kinds = {
  'another order': ORDERS,
  'another element': OTHER_ELEMENTS,
  'another value': OTHER_VALUES,
  'another code': OTHER_CODES,
  'another reference': OTHER_REFERENCES,
  display: DISPLAYS,
  claim: CLAIMS,
  text: TEXTS,
}

/** Faults against the profiles that the seeds claim; for seeds of a guide, in addition to the others. */
export const OF_GUIDES: Kinds = {
  'bounds of a profile': BOUNDS,
  'narrowed by a profile': NARROWED,
  'pattern of a profile': PATTERNS,
  'rule of a profile': RULES,
  'slicing of a profile': SLICINGS,
}
