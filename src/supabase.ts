// The door for Supabase Edge Functions.
export { supabase } from './runtime/hosts/supabase.ts'
