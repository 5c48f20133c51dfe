// Pages before signing in need the theme switch only.
import "./theme.js";
