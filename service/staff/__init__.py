"""The people of the office: accounts, what each may do, and the trail of what they did."""
