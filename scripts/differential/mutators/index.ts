/** All mutators: the table of contents of what a differential run changes. */
import type { Mutator } from '../mutation.ts'
import { ANSWERS } from './answers.ts'
import { CHOICES } from './choices.ts'
import { CODES } from './codes.ts'
import { CONTAINERS } from './containers.ts'
import { EXTENSIONS } from './extensions.ts'
import { INVARIANTS } from './invariants.ts'
import { PROFILES } from './profiles.ts'
import { REFERENCES } from './references.ts'
import { SHAPES } from './shapes.ts'
import { TEXTS } from './texts.ts'
import { VALUES } from './values.ts'

export const MUTATORS: readonly Mutator[] = [
  ...SHAPES,
  ...CHOICES,
  ...VALUES,
  ...CODES,
  ...REFERENCES,
  ...EXTENSIONS,
  ...PROFILES,
  ...INVARIANTS,
  ...CONTAINERS,
  ...ANSWERS,
  ...TEXTS,
]
