/** The short words by which a story changes a referral, and the FHIR that they stand for. */
import { coded, extension } from '../demo/fhir.ts'

type Mutable = Record<string, unknown>

/** `code referral-business-status/contacted`, `text No answer`, JSON, or a plain word. */
export function elementOf(text: string): unknown {
  const [word = '', ...rest] = text.split(' ')
  if (word === 'code') return conceptOf(rest.join(' '))
  if (word === 'text') return { text: rest.join(' ') }
  return /^[[{"]|^(true|false)$/.test(text) ? (JSON.parse(text) as unknown) : text
}

/** Adds to the Task: `note ...`, `outcome no-show`, `attempt phone <time>`, `result Procedure/<id>`. */
export function add(task: Mutable, words: string): void {
  const [kind = '', ...rest] = words.split(' ')
  if (kind === 'note') task.note = [...listOf(task.note), { text: rest.join(' ') }]
  else task.output = [...listOf(task.output), outputOf(kind, rest)]
}

function outputOf(kind: string, [first = '', second = '']: readonly string[]): object {
  const type = (code: string) => ({ type: coded('task-output', code) })
  switch (kind) {
    case 'outcome':
      return { ...type('outcome'), valueCodeableConcept: coded('referral-outcome', first) }
    case 'result':
      return { ...type('resulting-activity'), valueReference: { reference: first } }
    case 'attempt':
      return {
        extension: [extension('contact-way', { valueCode: first })],
        ...type('contact-attempt'),
        valueDateTime: second,
      }
    default:
      throw new Error(`\`adds ${kind}\` is none of note, outcome, attempt, result`)
  }
}

const listOf = (value: unknown): readonly unknown[] => (value ?? []) as readonly unknown[]

function conceptOf(path: string): object {
  const [system = '', code = ''] = path.split('/')
  return coded(system, code)
}
