/**
 * The classes of disagreement with the HL7 validator that are understood, each with the side that the specification is
 * on. docs/conformance.md tells them in full. The first that holds is the reason.
 */
import type { Issue } from '../../server/fhir/outcome.ts'
import type { Said } from './judge.ts'
import type { Compared } from './report.ts'

type Explained = {
  readonly title: string
  /** Of our errors and theirs; one of the two is empty. */
  readonly holds: (ours: readonly Issue[], theirs: readonly Said[], all: Compared) => boolean
}

export const EXPLAINED: readonly Explained[] = [
  {
    title: 'a reference names a type that the element does not allow',
    holds: (ours) => ours.length > 0 && ours.every(({ code }) => code === 'reference-type'),
  },
]
