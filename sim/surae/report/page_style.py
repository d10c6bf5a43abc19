"""The look of the report page: readable in light and dark, on a phone and on paper."""

CSS = """
:root{color-scheme:light dark;--ink:#1b1c1e;--quiet:#5b6068;--paper:#fff;--line:#d9dce1;
--soft:#f4f5f7;--accent:#0b63a5;--alert:#a33c00;--blue:#0072b2}
@media (prefers-color-scheme:dark){:root{--ink:#e8e9eb;--quiet:#a3a8b1;--paper:#16181b;
--line:#363a41;--soft:#1f2226;--accent:#7cc0f5;--alert:#ff9d5c;--blue:#4ba6e0}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:66rem;padding:1.2rem clamp(.9rem,3vw,2rem) 4rem;
background:var(--paper);
color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
h1{font-size:1.55rem;line-height:1.25;margin:.4rem 0 .6rem}
h2{font-size:1.2rem;margin:2.4rem 0 .5rem;padding-top:.6rem;border-top:1px solid var(--line)}
p{max-width:46rem;margin:.5rem 0}
.lead{font-size:1.1rem}
.quiet,figcaption{color:var(--quiet);font-size:.92rem}
.alert{color:var(--alert);font-weight:600}
.wide{overflow-x:auto;-webkit-overflow-scrolling:touch;margin:.7rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.92rem}
th,td{padding:.3rem .7rem;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}
th{font-weight:600;border-bottom-width:2px}
th.text,td.text{text-align:left}
tbody th{border:0;padding-top:1rem;text-align:left;border-bottom:1px solid var(--line)}
td{white-space:nowrap}
td.text{white-space:normal;min-width:8.5rem}
td.text+td.text,td.verdict{min-width:0;white-space:nowrap}
td.strong{font-weight:600}
td.weak{color:var(--quiet)}
table.facts{width:100%}
table.facts td{white-space:normal;overflow-wrap:anywhere;text-align:left}
table.facts td:first-child{width:14rem;white-space:nowrap;color:var(--quiet)}
figure{margin:.8rem 0 0}
figure svg{display:block;width:100%;height:auto}
figcaption{max-width:46rem;margin-top:.3rem}
details{margin:.6rem 0;border:1px solid var(--line);border-radius:.4rem;padding:.1rem .9rem}
summary{cursor:pointer;padding:.5rem 0;font-weight:600}
.more{display:none}
@media (max-width:44rem){th,td{padding:.3rem .35rem}td.text{min-width:6.5rem}table{font-size:.85rem}
.more{display:block;font-size:.85rem;color:var(--quiet)}}
@media print{body{max-width:none}details{border:0}.more{display:none}}
"""
