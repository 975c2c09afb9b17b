/**
 * The validator for a vendor's own tests: `import { validator } from 'no-wrong-door'`. What is exported here stays as
 * it is; everything else may move. README.md shows it in use.
 */
import path from 'node:path'
import { completing } from './write/complete.ts'
import { createLocator, parseJson } from './fhir/json.ts'
import { isError, OutcomeError, type Issue } from './fhir/outcome.ts'
import { createValidator, type RuleSet } from './validate/create-validator.ts'
import { loadCheckedDefinitions } from './validate/check-definitions.ts'

export type { Issue } from './fhir/outcome.ts'

export type ValidatorOptions = {
  /** `hub`: what the hub would take; `open`: any type of R4, and the profiles that `meta.profile` claims. Default `hub`. */
  readonly rules?: RuleSet
  /** Folders of definitions in addition to the hub's own. */
  readonly definitions?: readonly string[]
}

export type Verdict = {
  /** Whether no issue is an error. */
  readonly valid: boolean
  /** Everything found; those of a text have a position. */
  readonly issues: readonly Issue[]
}

/** Checks a resource, or its JSON text, also against `profiles`. Never throws for what the resource contains. */
export type Validate = (resource: unknown, profiles?: readonly string[]) => Promise<Verdict>

const OWN = path.join(import.meta.dirname, '..')

/**
 * Loads the definitions once; what it answers may be called any number of times, and gives the verdict of the hub.
 * Throws DefinitionFault (which file, what is wrong) for a definition that cannot be used.
 */
export async function validator({ rules = 'hub', definitions = [] }: ValidatorOptions = {}): Promise<Validate> {
  const loaded = await loadCheckedDefinitions(OWN, definitions)
  const plain = createValidator(loaded, { rules })
  const { check } = rules === 'hub' ? completing(plain) : plain
  return async (resource, profiles = []) => {
    const issues = typeof resource === 'string' ? await inText(resource) : await check(resource, { profiles })
    return { valid: !issues.some(isError), issues }

    async function inText(text: string): Promise<readonly Issue[]> {
      try {
        const found = await check(parseJson(text).value, { profiles })
        return found.length === 0 ? found : placed(found, text)
      } catch (fault) {
        if (fault instanceof OutcomeError) return fault.issues
        throw fault
      }
    }
  }
}

function placed(issues: readonly Issue[], text: string): readonly Issue[] {
  const locate = createLocator(text)
  return issues.map((issue) => ({ ...issue, position: locate(issue.expression ?? '') }))
}
