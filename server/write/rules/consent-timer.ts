/** The end of a consent is watched from the commit that sets it: of the Consent, of whoever gave it, of the birth date. */
import { givenBy, authoritiesOf } from '../../domain/visibility/authority.ts'
import { CONSENT_TIMER_JOB } from '../../domain/timer/consent-steps.ts'
import { participantOf } from '../../domain/visibility/audience.ts'
import { sameJson } from '../../fhir/element.ts'
import { valuesAt } from '../../fhir/element-path.ts'
import type { Resource } from '../../fhir/types.ts'
import type { RuleTables } from '../rule-tables.ts'
import type { Rule } from './rule.ts'

type ConsentTimerTables = Pick<RuleTables, 'visibility' | 'range'>

/** The job finds out itself when something is due. */
export const consentTimerRules = (tables: ConsentTimerTables): readonly Rule[] => [
  {
    types: ['Consent', 'RelatedPerson', 'Patient'],
    check({ before, after }, { now }) {
      const subject = after ?? before
      const participant = subject && participantOf(tables.visibility, subject)
      if (participant === undefined || !movesEnd(tables, before, after)) return {}
      return { jobs: [{ kind: CONSENT_TIMER_JOB, key: participant, due: now }] }
    },
  },
]

function movesEnd(tables: ConsentTimerTables, before: Resource | undefined, after: Resource | undefined): boolean {
  const states = [before, after].flatMap((one) => one ?? [])
  switch (states[0]?.resourceType) {
    case 'Consent':
      return states.some((one) => mayEnd(tables, one)) && !sameJson(before, after)
    case 'RelatedPerson': {
      const [was, is] = [before, after].map((one) => (one ? authoritiesOf(tables.visibility, one, tables.range) : []))
      // Nobody gave a consent by what is only being recorded.
      return before !== undefined && !sameJson(was, is)
    }
    default:
      return before !== undefined && after !== undefined && !sameJson(before.birthDate, after.birthDate)
  }
}

/** A consent that holds for ever ends by a withdrawal alone, which needs no timer. */
const mayEnd = ({ range }: ConsentTimerTables, consent: Resource): boolean =>
  valuesAt(consent, 'provision.period.end').length > 0 || givenBy(consent, 'performer', range) !== undefined
