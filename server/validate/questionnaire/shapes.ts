/** The parts of Questionnaire and QuestionnaireResponse that are read. https://hl7.org/fhir/R4/questionnaire.html */

type Value = Readonly<Record<string, unknown>>

export type Question = Value & {
  readonly linkId?: string
  readonly text?: string
  readonly type?: string
  readonly required?: boolean
  readonly repeats?: boolean
  readonly maxLength?: number
  readonly answerOption?: readonly Value[]
  readonly answerValueSet?: string
  readonly enableWhen?: readonly (Value & { readonly question?: string; readonly operator?: string })[]
  readonly enableBehavior?: 'all' | 'any'
  readonly item?: readonly Question[]
}

export type Answer = Value & { readonly item?: readonly Item[] }
export type Item = Value & {
  readonly linkId?: string
  readonly answer?: readonly Answer[]
  readonly item?: readonly Item[]
}

/** The property that holds a `value[x]`, whatever its type. */
export function valueKey(holder: Value, name = 'value'): string | undefined {
  return Object.keys(holder).find((key) => key.startsWith(name) && key.length > name.length)
}

/** A list of objects, or none: the shape was judged elsewhere. */
export function objects<T extends Value>(value: unknown): readonly T[] {
  return Array.isArray(value) ? value.filter((one): one is T => typeof one === 'object' && one !== null) : []
}
