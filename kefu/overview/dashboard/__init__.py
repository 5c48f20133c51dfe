"""The admin's front page: how the promises stand, what waits for whom, who works and how much.

Every figure carries the list that holds exactly its rows. What a year has too much of is kept as counts
(``kefu.deadlines.selectors``); what is open is read from indexes of open rows.
"""
