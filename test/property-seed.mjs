/** The random cases of the property tests are the same in each run: `PROPERTY_SEED=7 npm test` tries others. */
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 1) })
