/** The terminology operations of R4 that the hub offers. https://hl7.org/fhir/R4/terminology-service.html */
import type { Operation } from '../operation.ts'
import type { TerminologyNeeds } from './needs.ts'
import { expandValueSet } from './expand.ts'
import { lookup } from './lookup.ts'
import { subsumes } from './subsumes.ts'
import { translate } from './translate.ts'
import { validateValueSetCode } from './validate-code.ts'
import { validateSystemCode } from './validate-system-code.ts'

export const terminologyOperations = (needs: TerminologyNeeds): readonly Operation[] => [
  expandValueSet(needs),
  validateValueSetCode(needs),
  lookup(needs),
  subsumes(needs),
  validateSystemCode(needs),
  translate(needs),
]
