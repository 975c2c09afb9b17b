/** Compiles schemas when they are first asked for, and keeps them. Ajv runs them. https://ajv.js.org */
import { Ajv } from 'ajv'
import type { Definitions } from '../definitions/definitions.ts'
import type { PathClock } from '../fhirpath/scope.ts'
import { compileProfile, compileShape } from './compile/compile.ts'
import { conditionsOf } from './conditions.ts'
import { KEYWORDS } from './keywords/index.ts'
import { createQuick } from './quick/pass.ts'
import type { CompiledSchema, ValidationEngine, CompiledExtension } from './check-context.ts'
import { createTerminology } from '../terminology/terminology.ts'

/** `strict`: an extension that is not known is an error whatever its address. */
export function createEngine(definitions: Definitions, strict: boolean, clock?: PathClock): ValidationEngine {
  const ajv = new Ajv({
    allErrors: true,
    strict: false,
    verbose: true,
    passContext: true,
    validateSchema: false,
    messages: false,
    addUsedSchema: false,
    logger: false,
    // Twice as fast to compile; V8 makes up for it at run time.
    code: { optimize: false },
  })
  const shapes = new Map<string, CompiledSchema>()
  // What is not known is not remembered: anybody may send any number of urls.
  const profiles = new Map<string, CompiledSchema>()
  const extensions = new Map<string, CompiledExtension>()
  const inner = (schema: object): CompiledSchema => ajv.compile(schema) as unknown as CompiledSchema
  const engine: ValidationEngine = {
    definitions,
    terminology: createTerminology(definitions),
    strict,
    clock,
    compile: inner,
    isDefined: (canonical) => definitions.structures.find(canonical) !== undefined,
    typeSchema(name) {
      let shape = shapes.get(name)
      if (!shape) shapes.set(name, (shape = inner(compileShape(name, definitions.structures))))
      return shape
    },
    profileSchema(url) {
      const known = profiles.get(url) ?? make(url)
      if (known) profiles.set(url, known)
      return known
    },
    quickTest: (type, profiles) => quick(type, profiles),
    extension(url) {
      const known = extensions.get(url) ?? makeExtension(url)
      if (known) extensions.set(url, known)
      return known
    },
  }
  const quick = createQuick(engine)
  const makeExtension = (url: string): CompiledExtension | undefined => {
    const { structures } = definitions
    const definition = structures.find(url)
    const check = definition?.type === 'Extension' ? engine.profileSchema(url) : undefined
    return (
      check && {
        schema: check,
        isModifier: structures.tree(url).element.isModifier === true,
        contexts: definition?.context ?? [],
        contextInvariants: conditionsOf(url, definition?.contextInvariant),
      }
    )
  }
  const make = (url: string): CompiledSchema | undefined =>
    definitions.structures.find(url) ? inner(compileProfile(url, definitions.structures)) : undefined
  for (const keyword of KEYWORDS) ajv.addKeyword(keyword(engine))
  return engine
}
