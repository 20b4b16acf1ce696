// In: nothing. Out: tells the compiler that the bundler takes care of style sheets.
declare module '*.css'
