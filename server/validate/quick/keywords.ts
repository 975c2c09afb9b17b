/** The keywords that look at a value and nothing around it: their own checks, told nothing of the place. */
import { fhirBinding } from '../keywords/binding.ts'
import { fhirCoding } from '../keywords/coding.ts'
import { ruleTests } from '../keywords/invariants.ts'
import type { Keyword } from '../keywords/keyword.ts'
import { fhirReference } from '../keywords/reference.ts'
import { fhirAggregation, fhirTarget } from '../keywords/target.ts'
import { fhirFixed, fhirMax, fhirMin, fhirPattern } from '../keywords/value.ts'
import { isWellAnswered } from '../questionnaire/quick.ts'
import { answersFit, RULES, type Rule } from '../rules/index.ts'
import type { DataAt, Engine } from '../run.ts'
import type { Invariant } from '../compile/schema.ts'
import { all, type Test } from './test.ts'

type Make = (value: never, engine: Engine, parent: object) => Test

/** By the name of the keyword. */
export const KEYWORD_TESTS: Readonly<Record<string, Make>> = {
  fhirFixed: of(fhirFixed),
  fhirPattern: of(fhirPattern),
  fhirMin: of(fhirMin),
  fhirMax: of(fhirMax),
  fhirBinding: of(fhirBinding),
  fhirCoding: of(fhirCoding),
  fhirReference: of(fhirReference),
  fhirTarget: of(fhirTarget),
  fhirAggregation: of(fhirAggregation),
  fhirElementId: () => elementId,
  minProperties: (least: number) => (value) => Object.keys(value as object).length >= least,
  fhirInvariants: (rules: readonly Invariant[], engine) =>
    all(
      ruleTests(rules, engine).map(
        (test): Test =>
          (value, run) =>
            test(run, value as never),
      ),
    ),
  fhirRules: (name: string) => all((RULES[name] ?? []).map(ruleTest)),
}

/** Rules in words that have a quick pass of their own. */
const QUICK_RULES: ReadonlyMap<Rule, Test> = new Map([[answersFit, (_value, run) => isWellAnswered(run)]])

const ruleTest = (rule: Rule): Test => QUICK_RULES.get(rule) ?? ((value, run) => rule(value as never, run).length === 0)

function of<Value>({ prepare }: Keyword<Value>): Make {
  return (value, engine, parent) => {
    const check = prepare(value, engine, parent)
    return (data, run) => {
      const found = check(run, data as never, NOWHERE)
      return found === undefined || found.length === 0
    }
  }
}

/** Whoever asks for the place is not for this table: it throws, and the schemas decide. */
const NOWHERE = Object.freeze({
  get instancePath(): string {
    throw new Error('The quick pass knows no place.')
  },
  get parentData(): unknown {
    throw new Error('The quick pass knows no place.')
  },
  get parentDataProperty(): string {
    throw new Error('The quick pass knows no place.')
  },
  get rootData(): unknown {
    throw new Error('The quick pass knows no place.')
  },
}) satisfies DataAt

/** Two lists of a StructureDefinition may name the same: that is for the schemas to say. */
const elementId: Test = (id, run, holder) => {
  const before = run.ids.get(id as string)
  if (before === undefined) run.ids.set(id as string, holder)
  return before === undefined || before === holder
}
