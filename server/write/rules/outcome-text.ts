/** A warning for whoever sends free text with the outcome of a referral: who reads it. */
import { textsWithOutcome } from '../../domain/referral/outcome-text.ts'
import { isReferral } from '../../domain/referral/task.ts'
import { classesOf } from '../../domain/visibility/labels.ts'
import type { Issue } from '../../fhir/outcome.ts'
import { isOfHub } from '../change.ts'
import type { Rule } from './rule.ts'

export const outcomeTextRules: readonly Rule[] = [
  {
    types: ['Task'],
    check(change) {
      const { before, after } = change
      if (!after || isOfHub(change) || !isReferral(after)) return {}
      const classes = classesOf(after)
      const readers =
        classes.length === 0
          ? 'Every agency that may know of the participant reads it: where a code says enough, leave it out; what is restricted belongs into a labelled record of your own.'
          : `The referral is labelled ${classes.map((name) => `\`${name}\``).join(', ')}: its two parties read it, the board, and the agencies to which a consent opens the class.`
      const issues = textsWithOutcome(before, after).map((expression): Issue => ({
        severity: 'warning',
        detail: 'outcome-text',
        text: `This is free text with the outcome of a referral. ${readers}`,
        expression,
      }))
      return { issues }
    },
  },
]
